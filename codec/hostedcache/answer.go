package hostedcache

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
)

// versions are those of MS-PCCRR that there are.
var versions = pccrr.VersionRange{MinSupportedProtocolVersion: pccrr.Version1, MaxSupportedProtocolVersion: pccrr.Version2}

// A source is what a server of MS-PCCRR has blocks from.
type source interface {
	// find returns which blocks of a segment there are, and since when.
	find(id []byte) (has blockSet, since time.Time)
	// block returns a block that find found, but for NextBlockIndex. It has no Block
	// if it is no longer there. wish is how the client wants it encrypted.
	block(id []byte, index uint32, wish pccrr.CryptoAlgoId) pccrr.MsgBlk
}

// server is the server of MS-PCCRR 3.2 without its blocks.
type server struct{ clients atomic.Int32 }

// serve answers a request of MS-PCCRR. If more than so many are under way, it is busy,
// and answers that it has nothing (MS-PCCRR 3.2.5).
func (s *server) serve(w http.ResponseWriter, r *http.Request, most int32, from source) {
	busy := s.clients.Add(1) > most
	defer s.clients.Add(-1)
	request, ok := read(w, r, pccrr.MaxRequestSize)
	if !ok {
		return
	}
	if busy {
		from = nothing{}
	}
	answer, err := retrieval(request, from)
	if err != nil { // dropped (MS-PCCRR 3.2.5.5)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	write(w, answer)
}

// read reads the body of a POST of at most so many bytes. Of any other request, it says
// with an HTTP status what is wrong.
func read(w http.ResponseWriter, r *http.Request, most int64) (body []byte, ok bool) {
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

func write(w http.ResponseWriter, answer []byte) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = w.Write(answer) // the client is gone: it will ask again
}

// retrieval returns the answer to a request (MS-PCCRR 3.2.5). Any well-formed one
// has one.
func retrieval(b []byte, from source) ([]byte, error) {
	r, err := pccrr.DecodeRequestMessage(b)
	if err != nil {
		return nil, err
	}
	if !versions.Supports(r.MessageHeader.ProtVer) {
		return pccrr.NewMsgNegoResp(versions).MarshalBinary()
	}
	switch r.MessageHeader.MsgType {
	case pccrr.TypeGetBlkList:
		m, err := r.DecodeGetBlkList()
		if err != nil {
			return nil, err
		}
		has, _ := from.find(m.SegmentID)
		has = has.and(setOf(m.NeededBlockRanges))
		return pccrr.NewMsgBlkList(m.SegmentID, has.ranges()).AppendLenient(nil)
	case pccrr.TypeGetBlks:
		m, err := r.DecodeGetBlks()
		if err != nil {
			return nil, err
		}
		index, asked := m.First()
		answer := pccrr.NewMsgBlk(m.SegmentID, index)
		if has, _ := from.find(m.SegmentID); asked {
			if has.has(index) {
				answer = from.block(m.SegmentID, index, m.CryptoAlgoId)
			}
			answer.NextBlockIndex = has.after(index)
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
	return pccrr.NewMsgNegoResp(versions).MarshalBinary()
}

// segList says which of the segments that m asks for there are, at least partly, and how
// old they are: those whose index an age has room for.
func segList(m *pccrr.MsgGetSegList, from source) ([]byte, error) {
	var ranges pccrr.Ranges
	var ages []pccrr.SegmentAge
	run := pccrr.Range{}
	first, now := -1, time.Now()
	for i, id := range m.SegmentIDs.All() {
		has, since := from.find(id)
		if has.len() == 0 {
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

func (nothing) find([]byte) (blockSet, time.Time) { return blockSet{}, time.Time{} }
func (nothing) block(id []byte, index uint32, _ pccrr.CryptoAlgoId) pccrr.MsgBlk {
	return pccrr.NewMsgBlk(id, index)
}
