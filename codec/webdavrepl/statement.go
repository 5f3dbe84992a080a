package webdavrepl

// Level says how a statement binds, and on which other page it stands.
type Level string

// Stated is the level of all statements of the page, a scenario without words of
// requirement. They are binding in effect.
const Stated Level = "stated"

// The rules on a session. [Checker] reports them, but for those of bytes.
const (
	RuleAvoidDownload           Rule = "WDREPL-AvoidDownload"
	RuleRequestForm             Rule = "WDREPL-RequestForm"
	RulePreviousCollblob        Rule = "WDREPL-PreviousCollblob"
	RuleManifestCarriesCollblob Rule = "WDREPL-ManifestCarriesCollblob"
	RuleManifestListsChange     Rule = "WDREPL-ManifestListsChange"
	RuleGetReturnsResourcetag   Rule = "WDREPL-GetReturnsResourcetag"
	RuleCompareTags             Rule = "WDREPL-CompareTags"
	RuleEqualMeansSkip          Rule = "WDREPL-EqualMeansSkip"
	RuleDropAfter475            Rule = "WDREPL-DropAfter475"
	RuleKeepOnNoChange          Rule = "WDREPL-KeepOnNoChange"
	RuleSameQuery               Rule = "WDREPL-SameQuery"
	RuleConflictWhenBothChanged Rule = "WDREPL-ConflictWhenBothChanged"
)

// Statement is one statement of the documentation.
type Statement struct {
	ID    Rule
	Level Level
	Text  string // in words of our own
	// CheckedBy is what checks it, or why nothing can: it begins with "Checker" or
	// with "not checked".
	CheckedBy string
}

// Statements returns every statement of the scenario with conflict detection by the
// client, and those of other pages that Checker needs beside it.
func Statements() []Statement {
	return []Statement{
		{RuleAvoidDownload, Stated, "A client does not download what it already has.", "Checker"},
		{RuleRequestForm, Stated, "The request is a SEARCH on the collection whose body, a searchrequest of DAV:, holds a repl with a collblob.", "Checker, and the decoder of requests"},
		{RulePreviousCollblob, Stated, "A later request has the collblob of the last answer.", "Checker"},
		{RuleManifestCarriesCollblob, Stated, "The answer is a 207 whose repl holds a collblob.", "Checker, where there are changes"},
		{RuleManifestListsChange, Stated, "For each resource that changed there is a response with href, status, properties and changetype.", "Checker, and the decoder of manifests"},
		{RuleGetReturnsResourcetag, Stated, "The answer to a GET has a Resourcetag header.", "Checker, and the decoder of the header"},
		{"WDREPL-ClientKeepsTag", Stated, "The client keeps the content and its tag.", "not checked: happens inside the client; shows in a later decision, as EqualMeansSkip"},
		{"WDREPL-AsksManifestAndTag", Stated, "The later request asks for the manifest and the resourcetag.", "not checked: the columns of a query are not read"},
		{RuleCompareTags, Stated, "The client compares the tag in the manifest with the one that it kept.", "Checker"},
		{RuleEqualMeansSkip, Stated, "If they are equal, the client has the latest version and does not download it.", "Checker"},

		{RuleDropAfter475, "stated (ms877320)", "After 475 Invalid collblob the client starts over, with an empty collblob.", "Checker"},
		{RuleKeepOnNoChange, "stated (ms877321)", "After an empty repl the client keeps its collblob.", "Checker"},
		{RuleSameQuery, "stated (aa579438)", "One query goes with one collblob.", "Checker"},
		{RuleConflictWhenBothChanged, "derived", "A resource that was changed here and there is a conflict.", "Checker"},
	}
}

// levelOf returns the level of a rule.
func levelOf(r Rule) Level {
	for _, s := range Statements() {
		if s.ID == r {
			return s.Level
		}
	}
	return Stated
}
