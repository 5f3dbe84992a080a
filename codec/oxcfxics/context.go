package oxcfxics

import (
	"iter"
	"math/bits"
)

// Context is a kind of synchronization context.
type Context uint8

// The kinds of contexts.
const (
	HierarchyDownload Context = iota // SynchronizationConfigure
	ContentsDownload                 // SynchronizationConfigure
	HierarchyUpload                  // SynchronizationOpenCollector
	ContentsUpload                   // SynchronizationOpenCollector
)

// String returns the kind: "hierarchy download".
func (c Context) String() string {
	return [...]string{"hierarchy download", "contents download", "hierarchy upload", "contents upload"}[c&3]
}

// opened returns the kind of context that q opens, if it opens one.
func (q *Request) opened() (Context, bool) {
	var c Context
	switch q.RopID {
	case RopSynchronizationConfigure:
		if q.SynchronizationType == SynchronizationContents {
			c = ContentsDownload
		}
	case RopSynchronizationOpenCollector:
		if c = HierarchyUpload; q.IsContentsCollector != 0 {
			c = ContentsUpload
		}
	default:
		return 0, false
	}
	return c, true
}

// Includes reports whether the state of a context of this kind has a property, as a
// MUST or as a SHOULD.
func (c Context) Includes(p StateProperty) bool {
	i := p.index()
	return i >= 0 && inclusion[i][c&3].level != NotApplicable
}

// Upload is what a client uploads after it opened a context: the initial state. All
// properties are empty in the first synchronization of a scope.
type Upload struct {
	Context     Context
	LogonID     uint8
	HandleIndex uint8 // that of the context: OutputHandleIndex of the ROP that opened it

	// Values of the state, each an IDSET in the form REPLGUID. Those that the
	// context does not include are not sent.
	IdsetGiven, CnsetSeen, CnsetSeenFAI, CnsetRead IDSet

	// MaxStreamData is how many bytes a Continue has at most; 0 is 4096.
	MaxStreamData int
}

// Requests iterates over the ROPs to send, in order and before any other on that
// context: for each property Begin, as many Continue as the value needs, none if it is
// empty, and End. A client stops where the server answers with an error. StreamData
// aliases the values.
func (u *Upload) Requests() iter.Seq[Request] {
	return func(yield func(Request) bool) {
		size := u.MaxStreamData
		if size <= 0 {
			size = 4096
		}
		for i, value := range [len(properties)][]byte{u.IdsetGiven.b, u.CnsetSeen.b, u.CnsetSeenFAI.b, u.CnsetRead.b} {
			q := Request{LogonID: u.LogonID, InputHandleIndex: u.HandleIndex}
			if !u.Context.Includes(properties[i]) {
				continue
			}
			q.RopID, q.StateProperty, q.TransferBufferSize = RopSynchronizationUploadStateStreamBegin, properties[i], uint32(len(value))
			if !yield(q) {
				return
			}
			q.RopID, q.StateProperty, q.TransferBufferSize = RopSynchronizationUploadStateStreamContinue, 0, 0
			for len(value) > 0 {
				n := min(size, len(value))
				q.StreamData, value = value[:n:n], value[n:]
				if !yield(q) {
					return
				}
			}
			q.RopID, q.StreamData = RopSynchronizationUploadStateStreamEnd, nil
			if !yield(q) {
				return
			}
		}
	}
}

// Finding is a rule that a ROP violates by when it comes.
type Finding struct {
	Rule   Rule
	Level  Level
	Detail string
}

// Checker follows the ROPs of a session and reports where the uploads of state break
// the rules of MS-OXCFXICS 3.3.4.3.1 and what belongs to them. Each context, known by
// its handle index, is on its own. The zero value is ready to use. What the uploaded
// bytes mean is not its concern, see [DecodeIDSet].
type Checker struct {
	// FirstSync says that this is the first synchronization of its scope.
	FirstSync bool

	contexts [256]synchronization
}

// synchronization is what is known of a context.
type synchronization struct {
	open    bool // there is a context
	kind    Context
	begun   uint8 // bit i: the upload of property i has begun
	others  bool  // other ROPs were executed
	upload  bool  // the upload of a property is open
	size    uint32
	sent    uint64
	streams int
}

const (
	ropRelease    = 0x01
	ropHeadLen    = 3
	allProperties = 1<<len(properties) - 1
)

// ROP takes the next ROP, as the client sent it, and the ReturnValue of its response;
// it returns what the ROP violates, the rule that is violated first at the front. Of
// ROPs that are not those of [Request] only the first three bytes are read. A ROP that
// the server refused changes nothing.
func (c *Checker) ROP(b []byte, returnValue uint32) []Finding {
	if len(b) >= ropHeadLen && RopID(b[0]).fixedLen() == 0 {
		return c.other(RopID(b[0]), b[2], returnValue == Success)
	}
	q, err := DecodeRequest(b)
	if err != nil {
		e := err.(*Error)
		return []Finding{{e.Rule, levelOf(e.Rule), e.Detail()}}
	}
	return c.Request(&q, returnValue)
}

// Request is ROP for a ROP that is decoded.
func (c *Checker) Request(q *Request, returnValue uint32) []Finding {
	ok := returnValue == Success
	if kind, opens := q.opened(); opens {
		if ok {
			c.contexts[q.OutputHandleIndex] = synchronization{open: true, kind: kind}
		}
		return nil
	}
	if q.RopID == RopSynchronizationGetTransferState {
		return c.other(q.RopID, q.InputHandleIndex, ok)
	}
	s := &c.contexts[q.InputHandleIndex]
	if !s.open {
		return []Finding{finding(RuleContextHandle, "handle is not that of a synchronization context")}
	}
	before := *s
	var found []Finding
	switch q.RopID {
	case RopSynchronizationUploadStateStreamBegin:
		found = s.begin(q, c.FirstSync)
	case RopSynchronizationUploadStateStreamContinue:
		found = s.stream(q)
	case RopSynchronizationUploadStateStreamEnd:
		found = s.end()
	}
	if !ok {
		*s = before
	}
	return found
}

func finding(r Rule, detail string) Finding { return Finding{r, levelOf(r), detail} }

func (s *synchronization) begin(q *Request, first bool) (found []Finding) {
	i := q.StateProperty.index()
	cell := inclusion[i][s.kind]
	if s.upload {
		found = append(found, finding(RuleNoOtherUploadOpen, "the upload of another property is open"))
	}
	if s.others {
		found = append(found, finding(RuleInitialStateFirst, "other ROPs were sent before the state"))
	}
	if cell.level == NotApplicable {
		found = append(found, Finding{cell.rule, cell.level, q.StateProperty.String() + " is no part of the state of a " + s.kind.String()})
	}
	if s.begun&(1<<i) != 0 {
		found = append(found, finding(RuleOncePerProperty, q.StateProperty.String()+" goes up for the second time"))
	}
	if first && q.TransferBufferSize != 0 {
		found = append(found, finding(RuleFirstSyncZeroLength, q.StateProperty.String()+" is not empty in the first synchronization"))
	}
	s.begun |= 1 << i
	s.upload, s.size, s.sent, s.streams = true, q.TransferBufferSize, 0, 0
	return found
}

func (s *synchronization) stream(q *Request) (found []Finding) {
	if !s.upload {
		return []Finding{finding(RuleBeginFirst, "Continue without a Begin")}
	}
	within := s.sent <= uint64(s.size)
	s.sent += uint64(len(q.StreamData))
	s.streams++
	if within && s.sent > uint64(s.size) {
		found = append(found, finding(RuleSizeMatches, "more bytes go up than Begin announced"))
	}
	return found
}

func (s *synchronization) end() (found []Finding) {
	switch {
	case !s.upload:
		found = append(found, finding(RuleBeginFirst, "End without a Begin"))
	case s.size > 0 && s.streams == 0:
		found = append(found, finding(RuleContinueAfterBegin, "no Continue although the value is not empty"))
	case s.sent < uint64(s.size):
		found = append(found, finding(RuleSizeMatches, "fewer bytes went up than Begin announced"))
	}
	s.upload = false
	return found
}

// other takes a ROP that uploads no state.
func (c *Checker) other(id RopID, handle uint8, ok bool) (found []Finding) {
	s := &c.contexts[handle]
	if !s.open {
		return nil
	}
	if id == ropRelease {
		if ok {
			s.open = false
		}
		return s.unfinished(nil)
	}
	if s.upload {
		found = append(found, finding(RuleContinueOrEnd, "another ROP while the upload of a property is open"))
	}
	if s.others {
		return found
	}
	s.others = s.others || ok
	upload := s.kind == HierarchyUpload || s.kind == ContentsUpload
	if s.begun == 0 {
		if !upload { // which may leave the state out (3.3.4.3.3)
			found = append(found, finding(RuleInitialStateFirst, "another ROP before the state"))
		}
		return found
	}
	for missing := allProperties &^ s.begun; missing != 0; missing &= missing - 1 {
		i := bits.TrailingZeros8(missing)
		if cell := inclusion[i][s.kind]; cell.level != NotApplicable {
			found = append(found, Finding{cell.rule, cell.level, properties[i].String() + " is missing"})
		}
	}
	return found
}

// Finish returns what the end of the session violates, if the session is complete:
// uploads that are open.
func (c *Checker) Finish() (found []Finding) {
	for i := range c.contexts {
		if c.contexts[i].open {
			found = c.contexts[i].unfinished(found)
		}
	}
	return found
}

func (s *synchronization) unfinished(found []Finding) []Finding {
	if s.upload {
		found = append(found, finding(RuleEndFinishes, "the upload of a property has no End"))
	}
	return found
}
