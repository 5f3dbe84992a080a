package spec

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// statements account for the text: every sentence (or item of a list) of
// MS-PCHC sections 1.5 to 3 and 6 and of MS-PCCRC sections 2.1 to 2.5 that says
// MUST, MUST NOT, SHOULD, SHOULD NOT or MAY, in its order, is one word here:
// the name of its requirement in that section, or the whole id where that is
// of another section, or several with + between them. Section 1.5 says
// "required" instead. A section that is not here says none of them.
var statements = []struct {
	section string
	names   string
}{
	{"MS-PCHC 1.5", "Blocks Certificates SPNEGO"},
	{"MS-PCHC 2.1", "URL Port URL Port Provide Location Challenge Status"},
	{"MS-PCHC 2.2.1.1", "MinorVersion+MajorVersion MinorVersion MajorVersion Padding"},
	{"MS-PCHC 2.2.1.2", "Port Padding"},
	{"MS-PCHC 2.2.1.4", "Copied dwOffsetInFirstSegment dwReadBytesInLastSegment cSegments cSegments+Copied cSegments+Copied"},
	{"MS-PCHC 2.2.1.5", "MaxDescriptors SizeOfContentTag HashAlgorithm"},
	{"MS-PCHC 2.2.2.2", "ResponseCode Interested Interested"},
	{"MS-PCHC 3.1.3", "Listen+Certificate Listen Certificate"},
	{"MS-PCHC 3.1.5.1", "Respond OK Retrieve Connect Lookup Pass Add Interested"},
	{"MS-PCHC 3.1.5.2", "Respond OK+Retrieve Connect Pass Add ContentTag"},
	{"MS-PCHC 3.1.5.3", "Respond OK Retrieve Connect HoHoDk Add ContentTag"},
	{"MS-PCHC 3.1.5.4", "Drop"},
	{"MS-PCHC 3.2.1", "ContentTag"},
	{"MS-PCHC 3.2.3", "Initialization"},
	{"MS-PCHC 3.2.4", "Offer Enough"},
	{"MS-PCHC 3.2.5.1", "Delete SegmentInfo Store Discard"},
	{"MS-PCHC 3.2.5.2", "Delete"},
	{"MS-PCHC 3.2.5.3", "Resend Reset"},
	{"MS-PCHC 3.2.5.4", "Delete"},
	{"MS-PCHC 3.2.5.5", "Drop"},
	{"MS-PCHC 3.2.6", "Remove"},
	{"MS-PCHC 6", "Products Products"},
	{"MS-PCCRC 2.2", "Hash Kp VerifyBlocks"},
	{"MS-PCCRC 2.3", "Version dwHashAlgo"},
	{"MS-PCCRC 2.3.1.1", "cbSegment cbBlockSize"},
	{"MS-PCCRC 2.4", "Truncated+PCCRC-2.4.1.1-Truncated bMinorVersion bMajorVersion bHashAlgo"},
	{"MS-PCCRC 2.4.1.1", "bChunkType"},
	{"MS-PCCRC 2.4.1.2", "PCCRC-2.4.1.1-dwChunkDataLength Order cbSegment cbSegment"},
	{"MS-PCCRC 2.5", "Export Passphrase"},
}

// implied are the requirements that stand in the text without such a word: in
// the tables, notes and descriptions of fields, in section 3.2.2, or as what
// "correctly formatted" comes to.
var implied = []string{
	"PCHC-1.5-Listen", "PCHC-1.5-Provision", "PCHC-1.5-Peer", "PCHC-1.8-Extensions", "PCHC-1.9-Assignments", "PCHC-2.1-Response",
	"PCHC-3.1.1-ContentInformation", "PCHC-3.1.1-BlockCache", "PCHC-3.1.1-Serve",
	"PCHC-3.2.1-ContentInformation", "PCHC-3.2.1-Outstanding", "PCHC-3.2.1-Cache", "PCHC-3.2.1-StoreTag",
	"PCHC-6-Version", "PCHC-6-MajorVersion", "PCHC-6-Port", "PCHC-6-Client", "PCHC-6-Server", "PCHC-6-ContentTag", "PCHC-6-Enough",
	"PCHC-1.7-Authentication", "PCHC-2.1-HTTPS", "PCHC-2.1-Version", "PCHC-2.1-POST", "PCHC-2.1-SPNEGO",
	"PCHC-2.2.1.1-Truncated", "PCHC-2.2.1.1-Type", "PCHC-2.2.1.2-Truncated",
	"PCHC-2.2.1.3-Version", "PCHC-2.2.1.3-Hash", "PCHC-2.2.1.4-Version", "PCHC-2.2.1.4-Truncated", "PCHC-2.2.1.4-Interested", "PCHC-2.2.1.4-BlockCount",
	"PCHC-2.2.1.5-Version", "PCHC-2.2.1.5-MinDescriptors", "PCHC-2.2.1.5-Truncated",
	"PCHC-2.2.1.5-BlockSize", "PCHC-2.2.1.5-SegmentSize",
	"PCHC-2.2.2.1-Truncated", "PCHC-2.2.2.1-Size", "PCHC-2.2.2.2-Truncated", "PCHC-2.2.2.2-Trailing",
	"PCHC-3.2.2-Start", "PCHC-3.2.2-Tick", "PCHC-3.2.2-Expiry", "PCHC-3.2.2-Late", "PCHC-3.2.2-Stop", "PCHC-3.2.5.1-Timer",
	"PCCRC-2.3-Truncated", "PCCRC-2.3-dwOffsetInFirstSegment", "PCCRC-2.3-dwReadBytesInLastSegment", "PCCRC-2.3-cSegments",
	"PCCRC-2.3-Padding", "PCCRC-2.3.1.1-ullOffsetInContent", "PCCRC-2.3.1.2-Truncated", "PCCRC-2.3.1.2-cBlocks",
	"PCCRC-2.3.1.2-BlockCount", "PCCRC-2.4-dwOffsetInFirstSegment", "PCCRC-2.4-chunks",
}

// outside says whether a requirement is of a document of which only a part is here,
// without an account of its statements.
func outside(id string) bool {
	return strings.HasPrefix(id, "PCCRTP-") || strings.HasPrefix(id, "SMB2-") || strings.HasPrefix(id, "PCCRR-") || strings.HasPrefix(id, "PCCRD-")
}

// TestDerived: what the text does not state stands in none of its statements.
func TestDerived(t *testing.T) {
	n := 0
	for _, r := range Requirements() {
		if !r.Derived {
			continue
		}
		n++
		if !slices.Contains(implied, r.ID) && !outside(r.ID) {
			t.Errorf("%s is derived, but stands in the text", r.ID)
		}
	}
	if n == 0 || n != len(derived) {
		t.Errorf("%d requirements are derived, want %d", n, len(derived))
	}
}

// TestStatements: every statement has a requirement, every requirement a
// statement, and the statements are as many as the text has.
func TestStatements(t *testing.T) {
	count := map[string]int{}
	accounted := map[string]bool{}
	for _, s := range statements {
		document, section, _ := strings.Cut(strings.TrimPrefix(s.section, "MS-"), " ")
		for _, statement := range strings.Fields(s.names) {
			count[document]++
			for name := range strings.SplitSeq(statement, "+") {
				if !strings.Contains(name, "-") {
					name = document + "-" + section + "-" + name
				}
				if _, ok := RequirementByID(name); !ok {
					t.Errorf("%s: there is no %s", s.section, name)
				}
				accounted[name] = true
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"PCHC": 65 + 3 + 2, "PCCRC": 18}, count); diff != "" { // 65 in sections 2 and 3
		t.Error(diff)
	}
	for _, id := range implied {
		if accounted[id] {
			t.Errorf("%s is a statement", id)
		}
		accounted[id] = true
	}
	listed := map[string]bool{}
	for _, r := range Requirements() {
		if !outside(r.ID) {
			listed[r.ID] = true
		}
	}
	if diff := cmp.Diff(sorted(accounted), sorted(listed)); diff != "" {
		t.Errorf("statements and catalogue: %s", diff)
	}
}

// driven says which test drives a machine to what a requirement demands that
// only [Client] or [Server] keeps: a function, or a case of TestClient
// or TestServer.
var driven = map[string]string{
	"PCHC-1.5-Listen":               "each version has its URL",
	"PCHC-3.1.3-Listen":             "each version has its URL",
	"PCHC-3.1.1-ContentInformation": "TestServerSegment",
	"PCHC-3.1.1-BlockCache":         "only what is missing is retrieved",
	"PCHC-3.2.1-ContentInformation": "INTERESTED brings a SEGMENT_INFO_MESSAGE, with a timer started anew",
	"PCHC-3.2.1-Outstanding":        "TestClientBatches",
	"PCHC-3.2.1-StoreTag":           "INTERESTED brings a SEGMENT_INFO_MESSAGE, with a timer started anew",
	"PCHC-2.1-URL":                  "each version has its URL",
	"PCHC-2.2.1.1-Padding":          "TestServerPadding",
	"PCHC-2.2.1.2-Padding":          "TestServerPadding",
	"PCHC-3.1.5.1-Retrieve":         "4.2: block hashes and no data",
	"PCHC-3.1.5.1-Connect":          "the port is the one of this message",
	"PCHC-3.1.5.1-Lookup":           "the other hash functions",
	"PCHC-3.1.5.1-Pass":             "TestServerSegment",
	"PCHC-3.1.5.1-Add":              "only what is missing is retrieved",
	"PCHC-3.1.5.2-Retrieve":         "4.1: no block hashes",
	"PCHC-3.1.5.2-Connect":          "the port is the one of this message",
	"PCHC-3.1.5.2-Pass":             "TestServerSegment",
	"PCHC-3.1.5.2-Add":              "4.3: block hashes and data",
	"PCHC-3.1.5.2-ContentTag":       "4.1: no block hashes",
	"PCHC-3.1.5.3-Retrieve":         "4.4 and 4.5: batches",
	"PCHC-3.1.5.3-Connect":          "each descriptor of a batch",
	"PCHC-3.1.5.3-HoHoDk":           "each descriptor of a batch",
	"PCHC-3.1.5.3-Add":              "4.4 and 4.5: batches",
	"PCHC-3.1.5.3-ContentTag":       "each descriptor of a batch",
	"PCHC-3.2.2-Start":              "the timer stops with the last answer and starts anew",
	"PCHC-3.2.2-Tick":               "a tick that nobody called is made up for",
	"PCHC-3.2.2-Expiry":             "just before a tick it has hardly more than 10, at a tick 15 again",
	"PCHC-3.2.2-Stop":               "the timer stops with the last answer and starts anew",
	"PCHC-3.2.4-Offer":              "TestClientBatches",
	"PCHC-3.2.5.1-Delete":           "a second answer is discarded",
	"PCHC-3.2.5.1-Store":            "INTERESTED brings a SEGMENT_INFO_MESSAGE, with a timer started anew",
	"PCHC-3.2.5.1-Timer":            "INTERESTED brings a SEGMENT_INFO_MESSAGE, with a timer started anew",
	"PCHC-3.2.5.1-Discard":          "an answer to nothing is discarded, malformed or not",
	"PCHC-3.2.5.2-Delete":           "a second answer is discarded",
	"PCHC-3.2.5.3-Reset":            "401 brings a resend and the whole time again",
	"PCHC-3.2.5.4-Delete":           "TestClientBatches",
	"PCHC-3.2.5.5-Drop":             "what is no response aborts, for its request only",
	"PCHC-3.2.6-Remove":             "a request that starts the timer has 15 seconds",
	"PCCRR-2.2.6-Discard":           "a blob that is wrong",
	"PCCRR-3.1.2-RequestTimer":      "no response for 2 seconds",
	"PCCRR-3.1.4.2-Ranges":          "TestRetrievalClientRanges",
	"PCCRR-3.1.4.3-SimpleDownload":  "three blocks without a list",
	"PCCRR-3.1.5.1-Version":         "another version",
	"PCCRR-3.1.5.1-GiveUp":          "no version in common",
	"PCCRR-3.1.5.2-Overlap":         "a list without overlap",
	"PCCRR-3.1.5.3-Match":           "another block",
	"PCCRR-3.1.5.3-Empty":           "no block",
	"PCCRR-3.1.5.4-Index":           "a segment too many",
	"PCCRR-3.1.5.5-Drop":            "malformed",
	"PCCRR-3.2.2-UploadTimer":       "TestRetrievalServer",
	"PCCRR-3.2.5.2-List":            "TestRetrievalServer",
	"PCCRR-3.2.5.3-Block":           "TestRetrievalServer",
	"PCCRR-3.2.5.4-Segments":        "TestRetrievalServer",
	"PCCRD-2.2.2-Form":              "TestDiscoveryClientForm",
	"PCCRD-3.1.2-Request":           "TestDiscoveryClientWait",
	"PCCRD-3.1.4.1-Check":           "TestDiscoveryClient",
	"PCCRD-3.1.4.1-RelatesTo":       "TestDiscoveryClient",
	"PCCRD-3.1.4.1-Duplicate":       "TestDiscoveryClientDuplicates",
	"PCCRD-3.1.6-Drop":              "TestDiscoveryClient",
	"PCCRD-3.2.2-Backoff":           "TestDiscoveryServer",
	"PCCRD-3.2.4.1-NoMatch":         "TestDiscoveryServer",
	"PCCRD-3.2.4.1-Match":           "TestDiscoveryServer",
	"PCCRD-3.2.4.1-Drop":            "TestDiscoveryServer",
	"PCHC-2.1-Challenge":            "authentication, over HTTPS only",
	"PCHC-3.1.5.1-OK":               "4.2: block hashes and no data",
	"PCHC-3.1.5.1-Interested":       "4.1: no block hashes",
}

// drivers are the tests that driven names, beside cases.
var drivers = map[string]func(*testing.T){
	"TestClientBatches": TestClientBatches, "TestServerSegment": TestServerSegment, "TestServerPadding": TestServerPadding,
	"TestRetrievalClientRanges": TestRetrievalClientRanges, "TestRetrievalServer": TestRetrievalServer,
	"TestDiscoveryClient": TestDiscoveryClient, "TestDiscoveryClientDuplicates": TestDiscoveryClientDuplicates, "TestDiscoveryClientForm": TestDiscoveryClientForm,
	"TestDiscoveryClientWait": TestDiscoveryClientWait, "TestDiscoveryServer": TestDiscoveryServer,
}

// followerReports returns what TestFollower has the Follower report.
func followerReports() map[string]bool {
	ids := map[string]bool{}
	for _, c := range followCases {
		for _, s := range c.seen {
			for _, want := range s.want {
				id, _, _ := strings.Cut(want, " ")
				ids[id] = true
			}
		}
	}
	return ids
}

// TestServerPadding: paddings make no difference.
func TestServerPadding(t *testing.T) {
	for _, message := range [][]byte{offer100k(), segmentInfo100k(), batchOf(2)} {
		post := func(padding byte) posted {
			m := slices.Clone(message)
			for _, i := range []int{4, 5, 6, 7, 10, 11, 12, 13, 14, 15} {
				m[i] = padding
			}
			return posted{Post{From: anna, URL: m[1]}, m}
		}
		var a, b Server
		want, got := post(0).to(&a), post(0xFF).to(&b)
		if !slices.Equal(want, got) || got[0] != (Respond{CodeOK}) && got[0] != (Respond{CodeInterested}) {
			t.Errorf("type %d: %v, with padding %v", message[3], want, got)
		}
	}
}

// TestCatalogue: a requirement has a check that there is, or a reason for none;
// and whatever is reported is a requirement that says so.
func TestCatalogue(t *testing.T) {
	tests := map[string]bool{}
	for _, c := range clientCases {
		tests[c.name] = true
	}
	for _, c := range serverCases {
		tests[c.name] = true
	}
	for name := range retrievalSteps(t) {
		tests[name] = true
	}
	for name := range drivers {
		tests[name] = true
	}
	reported := map[Evidence]map[string]bool{MessageBytes: {}, CapturedExchange: followerReports()}
	reported[CapturedExchange]["PCHC-2.1-HTTPS"] = true // these two show in the transport
	reported[CapturedExchange]["PCHC-2.1-POST"] = true
	reported[ContentBytes] = map[string]bool{}
	reported[HashBytes], reported[HeaderFields], reported[RetrievalBytes] = map[string]bool{}, headerReports(), map[string]bool{}
	for _, r := range blobRules {
		reported[RetrievalBytes][r.Rule] = true
	}
	reported[DiscoveryBytes], reported[RetrievalExchange] = discoveryReports(), retrievalFollowerReports()
	for _, l := range layouts {
		for _, r := range l.everyRule() {
			switch l.Kind {
			case HashRequest, HashResponse:
				reported[HashBytes][r.Rule] = true
			case RetrievalRequest, RetrievalResponse:
				reported[RetrievalBytes][r.Rule] = true
			default:
				reported[ContentBytes][r.Rule] = true
			}
		}
	}
	for _, m := range messages {
		if m.Kind == Request || m.Kind == Response {
			m.bindingRules(m.Name, reported[MessageBytes])
		}
	}
	for id := range reported[MessageBytes] {
		delete(reported[ContentBytes], id)
	}
	claimed := map[Evidence]map[string]bool{MessageBytes: {}, CapturedExchange: {}, ContentBytes: {}, HashBytes: {}, HeaderFields: {}, RetrievalBytes: {}, DiscoveryBytes: {}, RetrievalExchange: {}}
	for _, r := range Requirements() {
		prefix, section, name := split(r.ID)
		if r.Section != "MS-"+prefix+" "+section || name == "" || r.Class == 0 ||
			!strings.HasSuffix(r.Text, ".") || !strings.Contains(r.Text, r.Level.String()+" ") {
			t.Errorf("%+v", r)
		}
		if (r.CheckedBy == NotObservable) != (r.Unobservable != "") || (r.CheckedBy == OtherRequirement) != (r.Other != "") {
			t.Errorf("%s: checked by %s, reason for nothing %q, other %q", r.ID, r.CheckedBy, r.Unobservable, r.Other)
		}
		_, isDriven := driven[r.ID]
		if isDriven != (r.CheckedBy == ReferenceClient || r.CheckedBy == ReferenceServer) {
			t.Errorf("%s: checked by %s, test %q", r.ID, r.CheckedBy, driven[r.ID])
		}
		switch r.CheckedBy {
		case NotObservable, Conversation: // TestCatalogue of internal/conformance says what of it is reported
		case MessageBytes, ContentBytes, CapturedExchange:
			claimed[r.CheckedBy][r.ID] = true
			if (r.CheckedBy == CapturedExchange) != (r.Class == Behaviour) {
				t.Errorf("%s is of class %s", r.ID, r.Class)
			}
		case HashBytes, HeaderFields, RetrievalBytes, DiscoveryBytes, RetrievalExchange:
			claimed[r.CheckedBy][r.ID] = true
		case ReferenceClient, ReferenceServer:
			if !tests[driven[r.ID]] {
				t.Errorf("%s: there is no test %q", r.ID, driven[r.ID])
			}
		case OtherRequirement:
			other, ok := RequirementByID(r.Other)
			if !ok || other.CheckedBy == NotObservable || other.CheckedBy == OtherRequirement {
				t.Errorf("%s: is told by %s", r.ID, r.Other)
			}
		default:
			t.Errorf("%s: checked by %d", r.ID, r.CheckedBy)
		}
	}
	for by := range reported {
		if diff := cmp.Diff(sorted(claimed[by]), sorted(reported[by])); diff != "" {
			t.Errorf("catalogue (-) and what %s show (+): %s", by, diff)
		}
	}
	for id := range driven {
		if _, ok := RequirementByID(id); !ok {
			t.Errorf("there is no %s", id)
		}
	}
}

// bindingRules adds the rules that the message of that name can violate in l.
func (l *Layout) bindingRules(message string, ids map[string]bool) {
	for _, r := range l.everyRule() {
		if (r.In == "" || r.In == message) && (r.NotIn == "" || r.NotIn != message) {
			ids[r.Rule] = true
		}
	}
	for i := range l.Fields {
		if part := l.Fields[i].Of; part != nil {
			part.bindingRules(message, ids)
		}
	}
}

// TestRequirementsByDocument: as many of each document as there are.
func TestRequirementsByDocument(t *testing.T) {
	got := map[string]int{}
	for _, r := range Requirements() {
		document, _, _ := strings.Cut(r.ID, "-")
		got[document]++
	}
	if diff := cmp.Diff(map[string]int{"PCHC": 112, "PCCRC": 29, "PCCRTP": 19, "SMB2": 29, "PCCRR": 97, "PCCRD": 32}, got); diff != "" {
		t.Error(diff)
	}
}

// TestOrder: MS-PCHC comes first, and sections in the order of the text.
func TestOrder(t *testing.T) {
	at := -1
	for _, id := range []string{
		"PCHC-1.5-Blocks", "PCHC-2.1-URL", "PCHC-2.2.1.5-MaxDescriptors", "PCHC-2.2.2.1-Size", "PCHC-3.1.5.4-Drop",
		"PCHC-3.2.2-Late", "PCHC-6-Products", "PCCRC-2.2-Hash", "PCCRC-2.3-Version", "PCCRC-2.3.1.1-cbSegment", "PCCRC-2.5-Export",
	} {
		i := slices.IndexFunc(Requirements(), func(r Requirement) bool { return r.ID == id })
		if i <= at {
			t.Errorf("%s is number %d, after %d", id, i, at)
		}
		at = i
	}
	if compareSections("MS-PCHC 2.10", "MS-PCHC 2.9") <= 0 {
		t.Error("2.10 comes before 2.9")
	}
}
