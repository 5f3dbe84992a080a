package conversation

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/codec/pccrtp"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/pccrc"
)

// transfer takes an event of MS-PCCRTP, or of MS-SMB2.
func (r *reader) transfer(e *capture.Event) error {
	waits := r.waits()
	if waits {
		e = e.Keep(nil)
	}
	t := r.describe(e)
	x := &Exchange{Protocol: e.Protocol, Stream: e.Stream, Number: e.Exchange, Transfer: t,
		Asked: e.Requested, Began: e.Began, Answered: capture.Moment{Frame: e.Frame, Time: e.Time},
		Status: e.Status, Ending: e.Ending, Done: e.Kind != capture.Part}
	x.Client, x.Server = e.Dst, e.Src
	if t.Asked != nil && e.Protocol == capture.PCCRTP || e.Requested.Frame > 0 {
		x.Request = &Message{Place: capture.Place{File: e.File, Frame: e.Requested.Frame, Time: e.Requested.Time,
			Src: e.Dst, Dst: e.Src, Stream: e.Stream, Direction: "request", Method: e.Method, Path: e.Path}}
	}
	if e.Kind != capture.Unanswered {
		x.Response = &Message{Place: e.Place, Body: e.Body}
	}
	switch e.Kind {
	case capture.Failure:
		x.Result, x.Reason = Failed, fmt.Sprintf("HTTP status %d %s", e.Status, http.StatusText(e.Status))
		if e.Protocol == capture.SMB2 {
			x.Reason = e.Detail
		}
	case capture.Unanswered:
		x.Result = unanswered(e)
	case capture.Content:
		x.Result = Hit
		if err := t.learn(r.secrets, e.Body); err != nil {
			x.Response.Err = err
			x.Result, x.Reason = Malformed, err.Error()
		}
	case capture.Plain:
		if x.Result = Hit; t.Missing > 0 {
			x.Result, x.Reason = Missing, fmt.Sprintf("%d bytes of the body are missing from the capture", t.Missing)
		}
	}
	if !waits {
		return r.tell(&Item{Event: e, Exchange: x})
	}
	return r.put(&entry{item: Item{Event: e, Exchange: x}})
}

// learn decodes Content Information and adds its secrets.
func (t *Transfer) learn(s *Secrets, body []byte) error {
	info, err := pccrc.Decode(body)
	if err != nil {
		return err
	}
	t.Information, t.Range, t.Known = info, info.Range(), true
	if t.Content != nil {
		t.Content.Length = max(t.Content.Length, t.Range.Start+t.Range.Length)
	}
	s.add(body, body, t.Content)
	return nil
}

// describe reads the header fields of an event.
func (r *reader) describe(e *capture.Event) *Transfer {
	t := &Transfer{Asked: e.Asked, Answered: e.Answered, Bytes: e.Length, Missing: e.Missing}
	if e.Kind == capture.Content || e.Kind == capture.Part {
		t.Bytes = int64(len(e.Body))
	}
	if t.Asked != nil {
		t.Content = r.secrets.content(t.Asked.URL)
		asked, err := pccrtp.DecodeRequest(pccrtp.RequestHeader{AcceptEncoding: t.Asked.Coding, PeerDist: t.Asked.XP2PPeerDist, PeerDistEx: t.Asked.XP2PEx})
		t.MissingData = err == nil && asked.PeerDist.MissingDataRequest == pccrtp.True
	}
	if t.Answered == nil {
		return t
	}
	if e.Kind == capture.Content {
		answered, err := pccrtp.DecodeResponse(pccrtp.ResponseHeader{ContentEncoding: t.Answered.Coding, PeerDist: t.Answered.XP2PPeerDist, PeerDistEx: t.Answered.XP2PEx})
		if err == nil && t.Content != nil && e.Status == http.StatusOK {
			t.Content.Length = max(t.Content.Length, answered.PeerDist.ContentLength)
		}
		return t
	}
	coded := t.Answered.Coding != "" && !strings.EqualFold(t.Answered.Coding, "identity")
	switch {
	case coded:
	case e.Status != http.StatusPartialContent && e.Protocol == capture.PCCRTP:
		t.Known = true
		if e.Kind == capture.Plain && t.Content != nil && e.Status == http.StatusOK {
			t.Content.Length = max(t.Content.Length, uint64(e.Length+e.Missing))
		}
	default:
		var all uint64
		if t.Range.Start, all, t.Known = contentRange(t.Answered.Range); t.Known && t.Content != nil {
			t.Content.Length = max(t.Content.Length, all)
		}
	}
	t.Range.Start += uint64(e.Offset)
	t.Range.Length = uint64(t.Bytes + t.Missing)
	return t
}

// contentRange reads a Content-Range of bytes (RFC 9110 14.4): where the range begins,
// and how long the whole is, 0 where the value does not tell.
func contentRange(value string) (start, all uint64, ok bool) {
	unit, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	span, length, _ := strings.Cut(rest, "/")
	first, last, both := strings.Cut(strings.TrimSpace(span), "-")
	start, err := strconv.ParseUint(first, 10, 63)
	end, wrong := strconv.ParseUint(last, 10, 63)
	if !strings.EqualFold(unit, "bytes") || !both || err != nil || wrong != nil || end < start {
		return 0, 0, false
	}
	all, _ = strconv.ParseUint(length, 10, 63)
	return start, all, true
}
