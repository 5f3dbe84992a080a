package stats

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
)

// maxLine is the longest line that ReadJSON reads.
const maxLine = 16 << 20

// ReadJSON reads what [Report.WriteJSON] wrote, once or several times, of other captures
// each: the result is that of all captures. An error names the line.
func ReadJSON(in io.Reader, limits Limits) (*Report, error) {
	all, part := new(Report), &Report{}
	s := bufio.NewScanner(in)
	s.Buffer(nil, maxLine)
	over := false // a report ends with its captures
	for n := 1; s.Scan(); n++ {
		line := s.Bytes()
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var head struct {
			Message string `json:"message"`
		}
		if err := json.Unmarshal(line, &head); err != nil {
			return nil, fmt.Errorf("line %d is no JSON: it is not what pchc stats --json writes, or not all of it", n)
		}
		if over && head.Message != messageCapture {
			all.Merge(part, limits)
			part, over = &Report{}, false
		}
		over = head.Message == messageCapture
		if err := part.readRow(head.Message, line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := s.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("a line has more than %d bytes", maxLine)
	} else if err != nil {
		return nil, err
	}
	if len(part.Captures) == 0 {
		return nil, errors.New("it does not end with a STATS_CAPTURE: nothing of pchc stats, or not all")
	}
	all.Merge(part, limits)
	return all, nil
}

// readRow reads a line.
func (r *Report) readRow(name string, line []byte) error {
	switch name {
	case messageContent:
		return row(&r.Contents, line)
	case messageClient:
		return row(&r.Clients, line)
	case messageServer:
		return row(&r.Servers, line)
	case messageExchanges:
		return row(&r.Exchanges, line)
	case messageOffers:
		return row(&r.Offers, line)
	case messageTag:
		return row(&r.Tags, line)
	case messageSegment:
		return row(&r.Segments, line)
	case messageRule:
		return row(&r.Rules, line)
	case messageBeyond:
		return row(&r.Beyond, line)
	case messageBlocks:
		return json.Unmarshal(line, &r.Blocks)
	case messageCapture:
		if err := row(&r.Captures, line); err != nil {
			return err
		}
		r.Hidden = append(r.Hidden, r.Captures[len(r.Captures)-1].Hidden...)
		slices.SortFunc(r.Hidden, netip.AddrPort.Compare)
		r.Hidden = slices.Compact(r.Hidden)
		return nil
	case "CAPTURE_PROBLEM", "CAPTURE_NOTE":
		p, err := readProblem(line)
		if err == nil {
			p.Note = name == "CAPTURE_NOTE"
			r.Problems = append(r.Problems, p)
		}
		return err
	}
	return fmt.Errorf("%.40q is no message of pchc stats", name)
}

func row[T any](to *[]T, line []byte) error {
	var v T
	err := json.Unmarshal(line, &v)
	*to = append(*to, v)
	return err
}

// readProblem reads a problem or note as package message writes it.
func readProblem(line []byte) (p Problem, err error) {
	var v struct {
		Detail  string
		Capture struct {
			File      string
			Frame     int64
			Time      time.Time
			Src, Dst  netip.AddrPort
			Stream    *int
			TLS       bool
			Direction string
			Method    string
			Path      string
			Status    int
		}
	}
	if err := json.Unmarshal(line, &v); err != nil {
		return p, err
	}
	c := &v.Capture
	p.Detail = v.Detail
	p.Place = capture.Place{File: c.File, Frame: c.Frame, Time: c.Time, Src: c.Src, Dst: c.Dst, Stream: -1, TLS: c.TLS,
		Direction: c.Direction, Method: c.Method, Path: c.Path, Status: c.Status}
	if c.Stream != nil {
		p.Place.Stream = *c.Stream
	}
	return p, nil
}
