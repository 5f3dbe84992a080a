package oxcfxics

// Level says how a statement of the specification binds.
type Level string

// The levels. A Stated statement is in the indicative mood, and binding in effect.
const (
	Must          Level = "MUST"
	Should        Level = "SHOULD"
	May           Level = "MAY"
	Stated        Level = "stated"
	Info          Level = "info"
	NotApplicable Level = "not applicable"
)

// The rules of MS-OXCFXICS 3.3.4.3.1 on how the ICS state is uploaded, and of what it
// refers to. [Checker] reports them.
const (
	RuleInitialStateFirst   Rule = "OXCFXICS-3.3.4.3.1-InitialStateFirst"
	RuleFirstSyncZeroLength Rule = "OXCFXICS-3.3.4.3.1-FirstSyncZeroLength"
	RuleBeginFirst          Rule = "OXCFXICS-3.3.4.3.1-BeginFirst"
	RuleContinueAfterBegin  Rule = "OXCFXICS-3.3.4.3.1-ContinueAfterBegin"
	RuleEndFinishes         Rule = "OXCFXICS-3.3.4.3.1-EndFinishes"

	RuleContextHandle     Rule = "OXCFXICS-2.2.3.2.2.1-ContextHandle"
	RuleSizeMatches       Rule = "OXCFXICS-2.2.3.2.2.1-SizeMatches"
	RuleNoOtherUploadOpen Rule = "OXCFXICS-3.3.5.8.2-NoOtherUploadOpen"
	RuleOncePerProperty   Rule = "OXCFXICS-3.3.5.8.2-OncePerProperty"
	RuleContinueOrEnd     Rule = "OXCFXICS-3.3.5.8.3-ContinueOrEnd"
)

// inclusion says for each property of properties and each context whether it is
// included, by the table of MS-OXCFXICS 3.3.4.3.1.
var inclusion = [len(properties)][4]struct {
	rule  Rule
	level Level
}{
	{
		{"OXCFXICS-3.3.4.3.1-IdsetGiven-HierarchyDownload", Must},
		{"OXCFXICS-3.3.4.3.1-IdsetGiven-ContentsDownload", Must},
		{"OXCFXICS-3.3.4.3.1-IdsetGiven-HierarchyUpload", NotApplicable},
		{"OXCFXICS-3.3.4.3.1-IdsetGiven-ContentsUpload", NotApplicable},
	}, {
		{"OXCFXICS-3.3.4.3.1-CnsetSeen-HierarchyDownload", Must},
		{"OXCFXICS-3.3.4.3.1-CnsetSeen-ContentsDownload", Must},
		{"OXCFXICS-3.3.4.3.1-CnsetSeen-HierarchyUpload", Should},
		{"OXCFXICS-3.3.4.3.1-CnsetSeen-ContentsUpload", Should},
	}, {
		{"OXCFXICS-3.3.4.3.1-CnsetSeenFAI-HierarchyDownload", NotApplicable},
		{"OXCFXICS-3.3.4.3.1-CnsetSeenFAI-ContentsDownload", Must},
		{"OXCFXICS-3.3.4.3.1-CnsetSeenFAI-HierarchyUpload", NotApplicable},
		{"OXCFXICS-3.3.4.3.1-CnsetSeenFAI-ContentsUpload", Should},
	}, {
		{"OXCFXICS-3.3.4.3.1-CnsetRead-HierarchyDownload", NotApplicable},
		{"OXCFXICS-3.3.4.3.1-CnsetRead-ContentsDownload", Must},
		{"OXCFXICS-3.3.4.3.1-CnsetRead-HierarchyUpload", NotApplicable},
		{"OXCFXICS-3.3.4.3.1-CnsetRead-ContentsUpload", Should},
	},
}

// Statement is one statement of the specification.
type Statement struct {
	ID      Rule
	Section string // "MS-OXCFXICS 3.3.4.3.1"
	Level   Level
	Text    string // in words of our own
	// CheckedBy is what checks it, or why nothing can: it begins with "Checker" or
	// with "not checked".
	CheckedBy string
}

// Statements returns every statement of MS-OXCFXICS 3.3.4.3.1, and those of other
// sections that Checker needs beside it.
func Statements() []Statement {
	const inside = "not checked: happens inside the client"
	s := []Statement{
		{ID: "OXCFXICS-3.3.4.3.1-StateDeterminesDifferences", Level: Info, Text: "The state properties are how differences between client and server are found.", CheckedBy: "not checked: explains, demands nothing"},
		{ID: "OXCFXICS-3.3.4.3.1-OnlyRelevantOnce", Level: Info, Text: "Only differences that matter to the client are downloaded, each once.", CheckedBy: "not checked: explains, demands nothing"},
		{ID: "OXCFXICS-3.3.4.3.1-StateRightAfterConfigure", Level: Stated, Text: "The state goes up right after SynchronizationConfigure or SynchronizationOpenCollector.", CheckedBy: "Checker, as InitialStateFirst: ROPs on other contexts may come between"},
		{ID: RuleInitialStateFirst, Level: Must, Text: "The initial state goes up before any other ROP on the context.", CheckedBy: "Checker"},
		{ID: RuleFirstSyncZeroLength, Level: Must, Text: "In the first synchronization of a scope the properties go up with a length of zero.", CheckedBy: "Checker, where that is known to be the first"},
	}
	contexts := [...]string{"hierarchy download", "contents download", "hierarchy upload", "contents upload"}
	for i, row := range inclusion {
		for k, cell := range row {
			text := properties[i].String()
			switch cell.level {
			case Must:
				text += " is included in a " + contexts[k] + "."
			case Should:
				text += " should be included in a " + contexts[k] + ", unless all state is left out."
			default:
				text += " is no part of the state of a " + contexts[k] + "."
			}
			s = append(s, Statement{ID: cell.rule, Level: cell.level, Text: text, CheckedBy: "Checker"})
		}
	}
	s = append(s, []Statement{
		{ID: "OXCFXICS-3.3.4.3.1-PropertyByProperty", Level: Stated, Text: "Properties go up one after the other.", CheckedBy: "Checker, as NoOtherUploadOpen"},
		{ID: "OXCFXICS-3.3.4.3.1-OrderFree", Level: Stated, Text: "Properties go up in any order.", CheckedBy: "not checked: it allows, and demands nothing"},
		{ID: RuleBeginFirst, Level: Must, Text: "The upload of each property starts with Begin.", CheckedBy: "Checker"},
		{ID: RuleContinueAfterBegin, Level: Must, Text: "One Continue or more follow Begin; none if the value is empty.", CheckedBy: "Checker"},
		{ID: RuleEndFinishes, Level: Stated, Text: "End finishes the upload of a property.", CheckedBy: "Checker, at the end of a complete session; before that as ContinueOrEnd"},
		{ID: "OXCFXICS-3.3.4.3.1-FinalState", Level: Info, Text: "At the end of the synchronization the server gives the client a new state, the final one.", CheckedBy: "not checked: explains, demands nothing"},
		{ID: "OXCFXICS-3.3.4.3.1-UpdatedElsewhere", Level: Info, Text: "Updated properties may also come in responses or by checkpointing.", CheckedBy: "not checked: explains, demands nothing"},
		{ID: "OXCFXICS-3.3.4.3.1-ClientPersists", Level: Stated, Text: "It is the client that keeps the state.", CheckedBy: inside},

		{ID: RuleContextHandle, Level: Must, Text: "The handle is that of a synchronization context.", CheckedBy: "Checker"},
		{ID: RuleSizeMatches, Level: Stated, Text: "As many bytes go up as Begin announced.", CheckedBy: "Checker"},
		{ID: RuleNoOtherUploadOpen, Level: Must, Text: "No other upload is open when one begins.", CheckedBy: "Checker"},
		{ID: RuleOncePerProperty, Level: Should, Text: "A property goes up once at most.", CheckedBy: "Checker"},
		{ID: RuleContinueOrEnd, Level: Must, Text: "Only Continue or End follow Begin and Continue.", CheckedBy: "Checker"},
	}...)
	for i := range s {
		s[i].Section = s[i].ID.Section()
	}
	return s
}

// levelOf returns the level of a rule that Checker reports; those of the format are
// binding.
func levelOf(r Rule) Level {
	switch r {
	case RuleOncePerProperty:
		return Should
	case RuleSizeMatches, RuleEndFinishes:
		return Stated
	}
	return Must
}
