package http

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// The requirements that the answers of a retrieval server are judged by, beside those that
// spec.CompareRetrieval and spec.Dissect report.
const (
	answerRequirement   = "PCCRR-3.2.5-Answer"
	versionRequirement  = "PCCRR-2.2.3-ProtVerMajor"
	listRequirement     = "PCCRR-3.2.5.2-List"
	blockRequirement    = "PCCRR-3.2.5.3-Block"
	segmentsRequirement = "PCCRR-3.2.5.4-Segments"
	hashRequirement     = "PCCRR-2.2.5.3-BlockHash"
	keyRequirement      = "PCCRR-2.2.5.3-Ke"
)

// idLen is the length of the identifiers that each server must take. Others SHOULD be
// taken (MS-PCCRR 2.2.4), and Windows does not.
const idLen = 32

// retrievalExpectation returns what a retrieval server must do with a valid message.
func retrievalExpectation(_ *endpoint, c *target.Case) expectation {
	for _, n := range segmentIDs(c.Expected) {
		if len(n.Raw()) != idLen {
			return mayAnswer
		}
	}
	return mustAnswer
}

// segmentIDs returns the identifiers of segments in a message.
func segmentIDs(d *spec.Dissection) (all []*spec.Node) {
	for _, n := range d.Root.Leaves() {
		if n.Name == "SegmentID" {
			all = append(all, n)
		}
	}
	return all
}

// node returns the first field of that name, nil if there is none.
func node(d *spec.Dissection, name string) *spec.Node {
	for _, n := range d.Root.Leaves() {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// retrievalInWords describes the body of an answer.
func retrievalInWords(body []byte) string {
	if d := spec.Dissect(spec.RetrievalResponse, body); d.Valid() {
		return d.Message
	}
	return fmt.Sprintf("%d bytes", len(body))
}

// lacksBlob reports whether all that is wrong with a MSG_GETSEGLIST is that it ends before
// SizeOfExtensibleBlob. Some programs write and read that field only with a blob.
func lacksBlob(c *target.Case) bool {
	first, _ := c.Expected.First()
	return first.Rule == "PCCRR-2.2.4.4-Blob" && first.Offset == len(c.Bytes)
}

// mismatch is the difference of an answer that does not fit its request, or what is known
// of the content.
func mismatch(requirement, detail string) *fuzz.Difference {
	return &fuzz.Difference{Fault: fuzz.Mismatch, Requirement: requirement, Detail: detail}
}

// judgeRetrieval judges a response of MS-PCCRR.
func judgeRetrieval(t *endpoint, c *target.Case, a *answer) *fuzz.Difference {
	response := spec.Dissect(spec.RetrievalResponse, a.body)
	if violation, malformed := response.First(); malformed {
		return malformedAnswer(&violation, a)
	}
	if found := spec.CompareRetrieval(c.Expected, response); len(found) > 0 {
		return mismatch(found[0].Rule, "in the answer: "+found[0].String())
	}
	if d := t.judgeVersion(c, response); d != nil {
		return d
	}
	for i := range response.Violations {
		if v := &response.Violations[i]; t.obliges(v) {
			return malformedAnswer(v, a)
		}
	}
	switch response.Message {
	case "MSG_BLKLIST":
		return t.judgeList(response)
	case "MSG_BLK":
		return t.judgeBlock(a.body)
	}
	return nil
}

func malformedAnswer(v *spec.Violation, a *answer) *fuzz.Difference {
	where := "in the answer: "
	if strings.HasPrefix(a.contentType, "text/") { // perhaps a page that says what is wrong
		where = "in the answer, which is " + target.Excerpt(a.contentType) + ": "
	}
	return &fuzz.Difference{Fault: fuzz.Malformed, Rule: v.Rule, Requirement: answerRequirement, Detail: where + v.String()}
}

// obliges reports whether a server must not violate a sender rule. Windows Server 2012 had
// another version in some responses.
func (t *endpoint) obliges(v *spec.Violation) bool {
	r, _ := spec.RequirementByID(v.Rule)
	return r.Level == spec.Must && (t.o.Strict || v.Rule != "PCCRR-2.2.3-ProtVer")
}

// judgeVersion: a request of a version that the server does not have gets MSG_NEGO_RESP.
func (t *endpoint) judgeVersion(c *target.Case, response *spec.Dissection) *fuzz.Difference {
	if response.Message == "MSG_NEGO_RESP" || !t.lacksVersion(c) {
		return nil
	}
	return mismatch(versionRequirement, fmt.Sprintf("is of major version %d and answered with %s: the server has said that it has versions %d to %d",
		node(c.Expected, "MajorVersion").Value, response.Message, t.learned.versions[0], t.learned.versions[1]))
}

// lacksVersion reports whether the server does not have the version of a request, as far
// as it has said which ones it has. What is malformed by version 1.0 or 2.0 may be right by
// another.
func (t *endpoint) lacksVersion(c *target.Case) bool {
	n := node(c.Expected, "MajorVersion")
	return n != nil && !n.Truncated() && t.learned.versions[1] > 0 && (n.Value < t.learned.versions[0] || n.Value > t.learned.versions[1])
}

// judgeList judges the ranges of a segment that is known: no block beyond its end exists.
func (t *endpoint) judgeList(response *spec.Dissection) *fuzz.Difference {
	segment := t.known[string(node(response, "SegmentId").Raw())]
	if segment == nil {
		return nil
	}
	s := segment()
	blocks := (uint64(s.Length) + uint64(s.BlockSize) - 1) / uint64(s.BlockSize)
	m, _ := pccrr.DecodeMsgBlkList(responseBytes(response))
	for _, r := range m.BlockRanges.All() {
		if r.Count > 0 && r.End() > blocks {
			return mismatch(listRequirement, fmt.Sprintf("in the answer: blocks %d to %d are listed, but the segment has %d", r.Index, r.End()-1, blocks))
		}
	}
	return nil
}

// responseBytes returns the bytes of a whole response.
func responseBytes(d *spec.Dissection) []byte { return d.Root.Raw() }

// judgeBlock decrypts and verifies a block of a segment that is known.
func (t *endpoint) judgeBlock(body []byte) *fuzz.Difference {
	m, err := pccrr.DecodeMsgBlk(body)
	if err != nil || len(m.Block) == 0 || t.known[string(m.SegmentId)] == nil {
		return nil
	}
	segment := t.known[string(m.SegmentId)]()
	info, ok := pccrr.InfoOf(segment, m.BlockIndex)
	if !ok {
		if uint64(m.BlockIndex)*uint64(segment.BlockSize) >= uint64(segment.Length) {
			return mismatch(blockRequirement, fmt.Sprintf("in the answer: has block %d, but the segment has %d bytes", m.BlockIndex, segment.Length))
		}
		return nil // Content Information lacks its hash
	}
	if _, err = m.AppendVerified(nil, info); err == nil {
		return nil
	}
	if violation := (*pccrr.Error)(nil); !errors.As(err, &violation) {
		return nil // the secret is too short for the algorithm
	}
	for _, whole := range []pccrr.CryptoAlgoId{pccrr.CryptoNone, pccrr.CryptoAES128, pccrr.CryptoAES192, pccrr.CryptoAES256} {
		other := m
		other.CryptoAlgoId = whole
		if _, e := other.AppendVerified(nil, info); whole != m.CryptoAlgoId && e == nil {
			return mismatch(keyRequirement, fmt.Sprintf("in the answer: block %d has its hash if CryptoAlgoId is %d (%v), and it is %d (%v)", m.BlockIndex, whole, whole, m.CryptoAlgoId, m.CryptoAlgoId))
		}
	}
	return mismatch(hashRequirement, "in the answer: block "+fmt.Sprint(m.BlockIndex)+" is not that of the content: "+strings.TrimPrefix(err.Error(), "pchc: "))
}

// segmentsOf returns the segments of contents by their identifier.
func segmentsOf(contents []pccrc.ContentInformation) map[string]func() pccrc.Segment {
	all := map[string]func() pccrc.Segment{}
	for _, info := range contents {
		for _, s := range info.Segments() {
			all[string(s.AppendHoHoDk(nil))] = func() pccrc.Segment { return s }
		}
	}
	return all
}

// knownIDs returns the identifiers of the segments that are known, sorted.
func (t *endpoint) knownIDs() (all []string) {
	for id := range t.known {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}
