package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// hashes are the segments of which the hashes of blocks are known beforehand, by HoHoDk.
type hashes map[string]pccrc.Segment

// fetched counts what was fetched from the client.
type fetched struct {
	segments int // that were asked for
	blocks   int
	verified int
	unknown  int // blocks of which no hash is known
}

// mostSegments and mostBlocks are how many segments of an offer, and blocks of a segment,
// are fetched.
const (
	mostSegments = 3
	mostBlocks   = 3
)

// retrieve fetches blocks of what a request offers, from its Port (MS-PCHC 3.1.5).
func (s *scene) retrieve(e *exchange) {
	defer func() {
		s.mu.Lock()
		s.busy--
		s.last = time.Now()
		s.mu.Unlock()
	}()
	d := spec.Dissect(spec.Request, e.message)
	if !d.Valid() || d.Root.Child("ConnectionInformation").Child("Port").Value == 0 {
		return
	}
	f := &fetcher{scene: s, offer: e, peer: netip.AddrPortFrom(e.from.Addr(), uint16(d.Root.Child("ConnectionInformation").Child("Port").Value))}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	f.client = http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for i, id := range e.hoHoDks {
		if i == mostSegments {
			break
		}
		var segment *pccrc.Segment
		if known, ok := s.hashes[id]; ok {
			segment = &known
		}
		if m, err := codec.DecodeSegmentInfoMessage(e.message); err == nil {
			for _, one := range m.SegmentInformation.Segments() {
				segment = &one
			}
		}
		blocks := uint32(1)
		if list := d.Root.Child("SegmentDescriptor"); list != nil {
			if n := &list.Children[i]; n.Child("BlockSize").Value > 0 {
				blocks = uint32((n.Child("SegmentSize").Value + n.Child("BlockSize").Value - 1) / n.Child("BlockSize").Value)
			}
		}
		if segment != nil {
			blocks = (segment.Length + segment.BlockSize - 1) / max(1, segment.BlockSize)
		}
		if !f.segment(id, min(max(1, blocks), pccrr.MaxBlocks), segment) {
			return
		}
	}
}

// fetcher fetches what a client offered.
type fetcher struct {
	*scene
	offer  *exchange
	peer   netip.AddrPort
	client http.Client
}

// segment fetches the list of blocks of a segment, and some of them. It returns false if
// there is no point in asking for more.
func (f *fetcher) segment(id string, blocks uint32, segment *pccrc.Segment) bool {
	f.mu.Lock()
	f.blocks.segments++
	f.mu.Unlock()
	answer, ok := f.ask(pccrr.NewMsgGetBlkList([]byte(id), pccrr.FirstBlocks(int(blocks)).Ranges()))
	if !ok {
		return false
	}
	list, err := pccrr.DecodeMsgBlkList(answer)
	if err != nil { // which was said
		return false
	}
	has := list.BlockRanges.BlockSet()
	if has.Len() == 0 {
		f.blame(answer, fuzz.Difference{Fault: fuzz.Unserved, Requirement: "PCHC-1.5-Blocks", Detail: "lists no block of the segment that the client offers"})
		return false
	}
	tried := 0
	for i := range blocks {
		if tried < mostBlocks && has.Has(i) {
			tried++
			if !f.block(id, i, segment) {
				return false
			}
		}
	}
	return true
}

// block fetches a block that was listed.
func (f *fetcher) block(id string, index uint32, segment *pccrc.Segment) bool {
	answer, ok := f.ask(pccrr.NewMsgGetBlks([]byte(id), index))
	if !ok {
		return false
	}
	m, err := pccrr.DecodeMsgBlk(answer)
	switch {
	case err != nil:
		return false
	case len(m.Block) == 0:
		f.blame(answer, fuzz.Difference{Fault: fuzz.Unserved, Requirement: "PCCRR-3.2.5.3-Block",
			Detail: fmt.Sprintf("has no Block, though the client lists block %d of the segment", index)})
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blocks.blocks++
	info, known := pccrr.BlockInfo{}, false
	if segment != nil {
		info, known = pccrr.InfoOf(*segment, index)
	}
	if !known {
		f.blocks.unknown++
		return true
	}
	if _, err := m.AppendVerified(nil, info); err != nil {
		f.note("client", 0, "serves block %d wrongly: %s", index, target.Excerpt(err.Error()))
		f.faulty(answer, fuzz.Difference{Fault: fuzz.Mismatch, Requirement: "PCCRR-2.2.5.3-BlockHash",
			Detail: fmt.Sprintf("has not block %d of the segment that the client offers: %s", index, target.Excerpt(err.Error()))})
		return false
	}
	f.blocks.verified++
	return true
}

// blame adds a fault of an answer.
func (f *fetcher) blame(answer []byte, d fuzz.Difference) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("client", 0, "%s", d.Detail)
	f.faulty(answer, d)
}

func (f *fetcher) faulty(answer []byte, d fuzz.Difference) {
	f.judge.faults = append(f.judge.faults, fault{d, false, fuzz.Message{Kind: spec.RetrievalResponse, Bytes: answer}, f.judge.line})
}

// ask posts a request of MS-PCCRR, and judges the answer. ok is false without a right one.
func (f *fetcher) ask(m pccrr.Body) (answer []byte, ok bool) {
	message, err := m.MarshalBinary()
	if err != nil {
		return nil, false
	}
	request := spec.Dissect(spec.RetrievalRequest, message)
	f.said("server", 0, "asks %s, the Port of the offer, for %s", f.peer, request.Message)
	answer, err = f.post(message)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return nil, false
	}
	lacks := func(requirement, detail string) {
		f.note("client", 0, "%s", detail)
		f.judge.add(f.offer, false, fuzz.Difference{Fault: fuzz.Unserved, Requirement: requirement, Detail: detail})
	}
	var dial *net.OpError
	switch {
	case errors.As(err, &dial) && dial.Op == "dial":
		lacks("PCHC-1.5-Peer", "names a Port at which nothing listens")
		return nil, false
	case err != nil:
		lacks("PCCRR-3.2.5-Answer", "offers what it does not serve: "+request.Message+" is not answered: "+target.Excerpt(err.Error()))
		return nil, false
	}
	response := spec.Dissect(spec.RetrievalResponse, answer)
	f.note("client", 0, "serves %s, %d bytes", response.Message, len(answer))
	wrong := response.Violations
	if response.Valid() {
		wrong = append(wrong, spec.CompareRetrieval(request, response)...)
	}
	for _, v := range wrong {
		if r, _ := spec.RequirementByID(v.Rule); r.Level == spec.May {
			continue
		}
		d := fuzz.Difference{Fault: fuzz.Malformed, Rule: v.Rule, Field: v.Field, Offset: v.Offset, Detail: v.Detail}
		if v.Class == spec.Behaviour {
			d.Fault, d.Requirement = fuzz.Mismatch, v.Rule
		}
		f.faulty(answer, d)
	}
	return answer, response.Valid()
}

// post posts a message. A client that has just begun to listen may not be there yet.
func (f *fetcher) post(message []byte) (answer []byte, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	limit, begins := f.within(cancel), f.within(nil)
	limit.Start(spec.UploadTimeout + f.tolerance)
	begins.Start(f.settle)
	defer begins.Stop()
	defer func() {
		if limit.Stop().Expired && err != nil {
			err = context.DeadlineExceeded
		}
	}()
	go func() {
		select {
		case <-f.over:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		again := !begins.Expired()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+f.peer.String()+pccrr.Path, bytes.NewReader(message))
		if err != nil {
			return nil, err
		}
		response, err := f.client.Do(r)
		if err != nil {
			var dial *net.OpError
			if errors.As(err, &dial) && dial.Op == "dial" && again {
				select {
				case <-time.After(f.settle / 10):
					continue
				case <-ctx.Done():
				}
			}
			return nil, err
		}
		body, err := io.ReadAll(io.LimitReader(response.Body, pccrr.MaxResponseSize+5))
		_ = response.Body.Close()
		switch {
		case err != nil:
			return nil, err
		case response.StatusCode != http.StatusOK:
			return nil, errors.New("HTTP status " + strconv.Itoa(response.StatusCode))
		case len(body) == 0:
			return nil, errors.New("the answer is empty")
		}
		return body, nil
	}
}

// retrieval judges a request for blocks.
func (j *judge) retrieval(e *exchange) {
	j.last = e
	for _, v := range spec.Dissect(spec.RetrievalRequest, e.message).Violations {
		if r, _ := spec.RequirementByID(v.Rule); r.Level != spec.May {
			j.add(e, false, fuzz.Difference{Fault: fuzz.Malformed, Rule: v.Rule, Field: v.Field, Offset: v.Offset, Detail: v.Detail})
		}
	}
}

// respond returns the right answer to a retrieval request, from what the server has; nil if
// it has to be dropped.
func (s *scene) respond(message []byte) []byte {
	r := httptest.NewRequest(http.MethodPost, pccrr.Path, bytes.NewReader(message))
	w := httptest.NewRecorder()
	s.peer.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return nil
	}
	return w.Body.Bytes()
}
