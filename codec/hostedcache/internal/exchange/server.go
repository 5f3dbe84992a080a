package exchange

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
)

// Versions are those of MS-PCCRR that there are.
var Versions = pccrr.VersionRange{MinSupportedProtocolVersion: pccrr.Version1, MaxSupportedProtocolVersion: pccrr.Version2}

// Source is what a server has blocks from. Many goroutines call it at once.
type Source interface {
	// Find returns which blocks of a segment there are, and since when.
	Find(id []byte) (has pccrr.BlockSet, since time.Time)
	// Block returns a block that Find found, but for NextBlockIndex. It has no Block
	// if it is no longer there. wish is how the client wants it encrypted.
	Block(id []byte, index uint32, wish pccrr.CryptoAlgoId) pccrr.MsgBlk
}

// Server is the server of MS-PCCRR 3.2 without its blocks. The zero value is ready for use.
type Server struct{ clients atomic.Int32 }

// Serve answers a request of MS-PCCRR. If more than so many are under way, it is busy,
// and answers that it has nothing (MS-PCCRR 3.2.5).
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, most int32, from Source) {
	busy := s.clients.Add(1) > most
	defer s.clients.Add(-1)
	request, ok := Read(w, r, pccrr.MaxRequestSize)
	if !ok {
		return
	}
	if busy {
		from = nothing{}
	}
	answer, err := Answer(request, from)
	if err != nil { // dropped (MS-PCCRR 3.2.5.5)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	Write(w, answer)
}

// Read reads the body of a POST of at most so many bytes. Of any other request, it says
// with an HTTP status what is wrong.
func Read(w http.ResponseWriter, r *http.Request, most int64) (body []byte, ok bool) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	} else if err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
	return body, err == nil
}

func Write(w http.ResponseWriter, answer []byte) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer) // the client is gone: it will ask again
}

// Answer returns the answer to a request (MS-PCCRR 3.2.5). Any well-formed one
// has one.
func Answer(b []byte, from Source) ([]byte, error) {
	r, err := pccrr.DecodeRequestMessage(b)
	if err != nil {
		return nil, err
	}
	if !Versions.Supports(r.MessageHeader.ProtVer) {
		return pccrr.NewMsgNegoResp(Versions).MarshalBinary()
	}
	switch r.MessageHeader.MsgType {
	case pccrr.TypeGetBlkList:
		m, err := r.DecodeGetBlkList()
		if err != nil {
			return nil, err
		}
		has, _ := from.Find(m.SegmentID)
		has = has.And(m.NeededBlockRanges.BlockSet())
		return pccrr.NewMsgBlkList(m.SegmentID, has.Ranges()).AppendLenient(nil)
	case pccrr.TypeGetBlks:
		m, err := r.DecodeGetBlks()
		if err != nil {
			return nil, err
		}
		index, asked := m.First()
		answer := pccrr.NewMsgBlk(m.SegmentID, index)
		if has, _ := from.Find(m.SegmentID); asked {
			if has.Has(index) {
				answer = from.Block(m.SegmentID, index, m.CryptoAlgoId)
			}
			answer.NextBlockIndex = has.After(index)
		}
		return answer.AppendLenient(nil)
	case pccrr.TypeGetSegList:
		m, err := r.DecodeGetSegList()
		if err != nil {
			return nil, err
		}
		return segList(&m, from)
	}
	if _, err := r.DecodeNegoReq(); err != nil {
		return nil, err
	}
	return pccrr.NewMsgNegoResp(Versions).MarshalBinary()
}

// segList says which of the segments that m asks for there are, at least partly, and how
// old they are: those whose index an age has room for.
func segList(m *pccrr.MsgGetSegList, from Source) ([]byte, error) {
	var ranges pccrr.Ranges
	var ages []pccrr.SegmentAge
	run := pccrr.Range{}
	first, now := -1, time.Now()
	for i, id := range m.SegmentIDs.All() {
		has, since := from.Find(id)
		if has.Len() == 0 {
			continue
		}
		if first < 0 {
			first = i
		}
		if at := i - first; at <= 255 && len(ages) < pccrr.MaxSegmentAges {
			hundredths := max(0, now.Sub(since)) / (10 * time.Millisecond)
			ages = append(ages, pccrr.SegmentAge{SegmentIndex: uint8(at), Age: uint32(min(hundredths, pccrr.MaxAge))})
		}
		if run.Count > 0 && run.End() < uint64(i) {
			ranges, run = ranges.Append(run), pccrr.Range{}
		}
		if run.Count == 0 {
			run.Index = uint32(i)
		}
		run.Count++
	}
	if run.Count > 0 {
		ranges = ranges.Append(run)
	}
	answer := pccrr.NewMsgSegList(m.RequestID, ranges)
	var err error
	if answer.ExtensibleBlob, err = pccrr.AppendExtensibleBlob(nil, ages...); err != nil {
		return nil, err
	}
	return answer.AppendLenient(nil)
}

// nothing is the source of a server that is busy.
type nothing struct{}

func (nothing) Find([]byte) (pccrr.BlockSet, time.Time) { return pccrr.BlockSet{}, time.Time{} }
func (nothing) Block(id []byte, index uint32, _ pccrr.CryptoAlgoId) pccrr.MsgBlk {
	return pccrr.NewMsgBlk(id, index)
}
