package input

import (
	"regexp"
	"strconv"
	"strings"
)

// Lines of Follow Stream as YAML: the packets of Wireshark 4, and the keys of
// earlier versions.
var (
	yamlPeer   = lazy(`^(?:- )?peer: (\d+)$`)
	yamlIndex  = lazy(`^(?:- )?index: (\d+)$`)
	yamlData   = lazy(`^data: !!binary \|[+-]?\d*$`)
	yamlOldKey = lazy(`^peer(\d+)_(\d+): !!binary \|[+-]?\d*$`)
	yamlOther  = lazy(`^(#|- packet: |host: |port: |timestamp: |peers:|packets:|=====|Follow: |Filter: |Node \d+: |\.\.\.$|---$)`)
	base64Line = lazy(`^[A-Za-z0-9+/]+={0,2}$`)
)

// parseFollowYAML reads Follow Stream as YAML.
func parseFollowYAML(w *window, add func(part) error) error {
	var top line // of the text
	var order sequence
	n, stream, from, reading := 0, 0, -1, false
	for l, ok := w.at(w.index); ok; l, ok = w.at(w.index + 1) {
		if w.index == 0 {
			top = l
		}
		s := strings.TrimSpace(l.text)
		number := func(form func() *regexp.Regexp) int {
			if m := form().FindStringSubmatch(s); m != nil {
				n, _ := strconv.Atoi(m[1])
				return n
			}
			return -1
		}
		switch {
		case s == "peers:" || s == "packets:" && stream == 0:
			stream++
			order = sequence{}
			reading = true
		case yamlOldKey().MatchString(s):
			m := yamlOldKey().FindStringSubmatch(s)
			if err := order.next(l, m[1], m[2]); err != nil {
				return err
			}
			from, _ = strconv.Atoi(m[1])
			reading = true
			fallthrough
		case yamlData().MatchString(s):
			var lines []line
			for next, ok := w.after(); ok && base64Line().MatchString(strings.TrimSpace(next.text)) && isBlank(next.text[0]); next, ok = w.after() {
				lines = append(lines, next)
				w.at(w.index + 1)
			}
			if len(lines) == 0 || from < 0 || from > 1 {
				return l.fault(0, "a packet without its peer or its data")
			}
			units, err := base64Units(lines)
			var b []byte
			if err == nil {
				b, err = joinBase64(units)
			}
			if err == nil {
				n++
				err = add(said(stream, from, b, l))
			}
			if err != nil {
				return err
			}
			from = -1
		case number(yamlPeer) >= 0:
			from = number(yamlPeer)
		case yamlIndex().MatchString(s), yamlOther().MatchString(s), !reading:
		case isBlank(l.text[0]):
			return l.fault(0, "this line is not of Follow Stream's YAML")
		}
	}
	if err := w.failed(); err != nil {
		return err
	}
	if n == 0 {
		return top.fault(0, "Follow Stream without data")
	}
	return nil
}

// sequence checks the numbers of pieces, which count for each peer.
type sequence [2]int

// next checks that a piece follows those before it. The first may have any
// number: it may have been copied from the middle.
func (q *sequence) next(l line, peer, index string) error {
	p, err1 := strconv.Atoi(peer)
	n, err2 := strconv.Atoi(index)
	switch {
	case err1 != nil || err2 != nil || p > 1:
		return l.fault(0, "there are two peers, 0 and 1")
	case q[p] > 0 && n != q[p]:
		return l.fault(0, "peer"+peer+"_"+index+" does not follow peer"+peer+"_"+strconv.Itoa(q[p]-1)+": packets are missing or out of order")
	}
	q[p] = n + 1
	return nil
}
