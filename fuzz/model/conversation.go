package model

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/pccrc"
)

// Conversation is what clients do with a hosted cache, one step after the other. It names
// segments, but has no bytes of them: each time it is played they have new contents, which
// no hosted cache can know.
type Conversation struct {
	Clients  []Client  // A, B, C ...
	Segments []Segment // 1, 2, 3 ...
	Steps    []Step
}

// Client is a client with a server for its blocks.
type Client struct {
	// Shared: it has the IP address of the first client, and another port.
	Shared bool
}

// Segment is a segment of a content.
type Segment struct {
	// Algorithm is that of Content Information: one of version 1.0, or
	// pccrc.TruncatedSHA512, which is version 2.0.
	Algorithm pccrc.HashAlgorithm
	Length    int // in bytes
}

// Op is what happens in a step.
type Op uint8

const (
	Offer    Op = iota + 1 // INITIAL_OFFER_MESSAGE, and SEGMENT_INFO_MESSAGE if the answer is INTERESTED
	Describe               // SEGMENT_INFO_MESSAGE without an offer
	Begin                  // SEGMENT_INFO_MESSAGE with the hashes of all blocks but the last
	Finish                 // SEGMENT_INFO_MESSAGE with the hash of the last block
	Batch                  // BATCHED_OFFER_MESSAGE
	Leave                  // the client's server answers no more requests for blocks
	Spoil                  // it sends blocks that have not their hashes
	Return                 // it sends right blocks again
	Move                   // likewise, on another port
	Retrieve               // MSG_GETBLKLIST and MSG_GETBLKS, of all blocks of the segments
	List                   // MSG_GETSEGLIST, of all segments of the conversation
	Restart                // of the hosted cache
	Others                 // other clients offer other segments, so many that it may have to forget
	ops
)

// Loss is what goes wrong with the first message of a step.
type Loss uint8

const (
	None   Loss = iota
	Cut         // the connection ends in the middle of the request
	Hurry       // the connection is reset after the request: it may be read or not
	Unread      // the connection is reset when the answer comes
	Late        // the answer comes too late for the client, which discards it (MS-PCHC 3.2.2)
	losses
)

// Step is a step of a conversation.
type Step struct {
	Op       Op
	Client   int   // index in Clients
	Segments []int // indexes in Segments
	Loss     Loss
	Count    int // of segments of Others
}

// phrase is how a step is written: what the client does, what is behind the segments, and
// whether it has segments.
type phrase struct {
	verb, behind string
	segments     int // how many: 0, 1, or 2 for any number
	sends        bool
}

var phrases = [ops]phrase{
	Offer:    {"offers", "", 1, true},
	Describe: {"sends the block hashes of", " without an offer", 1, true},
	Begin:    {"sends all but the last block hash of", "", 1, true},
	Finish:   {"sends the last block hash of", "", 1, true},
	Batch:    {"offers", " in a batch", 2, true},
	Leave:    {"stops serving blocks", "", 0, false},
	Spoil:    {"serves damaged blocks", "", 0, false},
	Return:   {"serves its blocks again", "", 0, false},
	Move:     {"serves its blocks on another port", "", 0, false},
	Retrieve: {"retrieves", "", 2, false},
	List:     {"asks which segments there are", "", 0, false},
}

// ofClient reports whether a client of the conversation does it.
func (op Op) ofClient() bool { return op != Restart && op != Others }

var lossNames = [losses]string{
	Cut: "but the request is cut off", Hurry: "and closes the connection at once", Unread: "but does not read the answer",
	Late: "but the answer comes too late",
}

const (
	restarts = "the hosted cache restarts"
	others   = "other clients offer "
	othersV0 = "others offer " // as it was written before
)

// named is what can be in Content Information, by its name in the text.
var named = map[string]pccrc.HashAlgorithm{
	"version 1.0, SHA-256": pccrc.SHA256, "version 1.0, SHA-384": pccrc.SHA384, "version 1.0, SHA-512": pccrc.SHA512,
	"version 2.0": pccrc.TruncatedSHA512,
}

func nameOf(a pccrc.HashAlgorithm) string {
	for name, algorithm := range named {
		if algorithm == a {
			return name
		}
	}
	return ""
}

// clientName returns A for the first client.
func clientName(i int) string { return string(rune('A' + i)) }

// Text returns the step in words, as [Parse] reads it.
func (s *Step) Text() string {
	switch s.Op {
	case Restart:
		return restarts
	case Others:
		if s.Count == 1 {
			return others + "1 segment"
		}
		return others + strconv.Itoa(s.Count) + " segments"
	}
	p := phrases[s.Op]
	text := clientName(s.Client) + " " + p.verb
	if p.segments > 0 {
		text += " " + segmentList(s.Segments) + p.behind
	}
	if s.Loss != None {
		text += ", " + lossNames[s.Loss]
	}
	return text
}

// segmentList names segments: "segments 1, 2 and 3".
func segmentList(all []int) string {
	var b strings.Builder
	b.WriteString("segment ")
	if len(all) > 1 {
		b.Reset()
		b.WriteString("segments ")
	}
	for i, s := range all {
		switch {
		case i > 0 && i == len(all)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(s + 1))
	}
	return b.String()
}

// arrow is what stands between a step and what came of it.
const arrow = " → "

// Lines returns the conversation as text: a line for each client and segment, and a line
// for each step.
func (c *Conversation) Lines() []string { return c.timeline(nil) }

// timeline is Lines, with what came of each step.
func (c *Conversation) timeline(outcomes []string) (lines []string) {
	for i, client := range c.Clients {
		where := "own IP address"
		if client.Shared {
			where = "IP address of A, other port"
		}
		lines = append(lines, "client "+clientName(i)+": "+where)
	}
	for i, s := range c.Segments {
		lines = append(lines, fmt.Sprintf("segment %d: %s, %d bytes", i+1, nameOf(s.Algorithm), s.Length))
	}
	for i := range c.Steps {
		line := c.Steps[i].Text()
		if i < len(outcomes) && outcomes[i] != "" {
			line += arrow + outcomes[i]
		}
		lines = append(lines, line)
	}
	return lines
}

// The limits of a conversation that is read.
const (
	mostClients  = 8
	mostSegments = 256
	mostSteps    = 1000
	mostOthers   = 4096
	mostBlocks   = 16 // of a segment of version 1.0
)

// Parse reads the lines of a conversation. What came of a step, behind an arrow, is not
// read.
func Parse(lines []string) (*Conversation, error) {
	c := new(Conversation)
	for n, line := range lines {
		text, _, _ := strings.Cut(strings.TrimSpace(line), arrow)
		if err := c.parse(text); err != nil {
			return nil, fmt.Errorf("line %d of the conversation: %w", n+1, err)
		}
	}
	return c, c.check()
}

func (c *Conversation) parse(line string) error {
	if name, where, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(name, "client ") {
		if name != "client "+clientName(len(c.Clients)) || len(c.Clients) == mostClients {
			return fmt.Errorf("%q is not the next client", name)
		}
		c.Clients = append(c.Clients, Client{Shared: strings.HasPrefix(where, "IP address of A")})
		return nil
	} else if ok && strings.HasPrefix(name, "segment ") {
		i := strings.LastIndex(where, ", ")
		length, err := strconv.Atoi(strings.TrimSuffix(where[i+1:][min(1, len(where[i+1:])):], " bytes"))
		if name != fmt.Sprintf("segment %d", len(c.Segments)+1) || i < 0 || err != nil || named[where[:i]] == 0 {
			return fmt.Errorf("%q is not the next segment, such as \"segment 1: version 2.0, 1000 bytes\"", line)
		}
		c.Segments = append(c.Segments, Segment{named[where[:i]], length})
		return nil
	}
	s, err := parseStep(line)
	c.Steps = append(c.Steps, s)
	return err
}

func parseStep(line string) (s Step, err error) {
	if line == restarts {
		return Step{Op: Restart}, nil
	}
	if n, ok := strings.CutPrefix(line, othersV0); ok {
		line = others + n
	}
	if n, ok := strings.CutPrefix(line, others); ok {
		s.Op = Others
		s.Count, err = strconv.Atoi(strings.TrimSuffix(strings.TrimSuffix(n, "s"), " segment"))
		return s, err
	}
	for loss := Cut; loss < losses; loss++ {
		if text, ok := strings.CutSuffix(line, ", "+lossNames[loss]); ok {
			line, s.Loss = text, loss
		}
	}
	name, rest, _ := strings.Cut(line, " ")
	if len(name) != 1 || name[0] < 'A' || name[0] > 'Z' {
		return s, fmt.Errorf("%q does not begin with a client", line)
	}
	s.Client = int(name[0] - 'A')
	for op := ops - 1; op > 0; op-- { // Batch before Offer, whose verb it has
		p := phrases[op]
		list, ok := strings.CutPrefix(rest, p.verb)
		list, ends := strings.CutSuffix(list, p.behind)
		if p.verb == "" || !ok || !ends || (p.segments == 0) != (list == "") {
			continue
		}
		s.Op = op
		list = strings.TrimPrefix(strings.TrimPrefix(list, " segments "), " segment ")
		for number := range strings.SplitSeq(strings.ReplaceAll(list, " and ", ", "), ", ") {
			if p.segments == 0 {
				break
			}
			i, err := strconv.Atoi(number)
			if err != nil {
				return s, fmt.Errorf("%q is not a number of a segment", number)
			}
			s.Segments = append(s.Segments, i-1)
		}
		return s, nil
	}
	return s, fmt.Errorf("%q is no step of a conversation", line)
}

// check reports what cannot be played.
func (c *Conversation) check() error {
	if len(c.Steps) == 0 || len(c.Steps) > mostSteps || len(c.Segments) > mostSegments {
		return fmt.Errorf("a conversation has 1 to %d steps and up to %d segments", mostSteps, mostSegments)
	}
	for i, s := range c.Segments {
		if nameOf(s.Algorithm) == "" || s.Length < 1 || s.Length > s.most() {
			return fmt.Errorf("segment %d must have 1 to %d bytes", i+1, s.most())
		}
	}
	for i := range c.Steps {
		if err := c.checkStep(&c.Steps[i]); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, c.Steps[i].Text(), err)
		}
	}
	return nil
}

func (c *Conversation) checkStep(s *Step) error {
	p := phrases[s.Op]
	switch {
	case s.Op == Others && (s.Count < 1 || s.Count > mostOthers):
		return fmt.Errorf("others can offer 1 to %d segments", mostOthers)
	case s.Op == Restart || s.Op == Others:
		return nil
	case s.Client >= len(c.Clients):
		return errors.New("there is no such client")
	case len(s.Segments) > 1 && p.segments == 1 || len(s.Segments) == 0 && p.segments > 0:
		return errors.New("it has not the number of segments that it needs")
	case s.Loss != None && !p.sends:
		return errors.New("it sends no message that could be lost")
	}
	for _, i := range s.Segments {
		if i < 0 || i >= len(c.Segments) {
			return errors.New("there is no such segment")
		}
		if !c.Segments[i].takes(s.Op) {
			return fmt.Errorf("not with a segment of %s", nameOf(c.Segments[i].Algorithm))
		}
	}
	return nil
}

// takes reports whether a segment can be in such a step: version 2.0 has batches only, in
// which identifiers have 32 bytes.
func (s Segment) takes(op Op) bool {
	switch op {
	case Offer, Describe, Begin, Finish:
		return s.Algorithm != pccrc.TruncatedSHA512
	case Batch, Retrieve:
		return s.Algorithm == pccrc.TruncatedSHA512 || s.Algorithm == pccrc.SHA256
	}
	return true
}

// most returns how many bytes a segment may have.
func (s Segment) most() int {
	if s.Algorithm == pccrc.TruncatedSHA512 {
		return pccrc.MaxSegmentSizeV2
	}
	return mostBlocks * pccrc.BlockSizeV1
}

// blocks returns how many blocks a segment has.
func (s Segment) blocks() int {
	if s.Algorithm == pccrc.TruncatedSHA512 {
		return 1
	}
	return (s.Length + pccrc.BlockSizeV1 - 1) / pccrc.BlockSizeV1
}

// clone returns a conversation that shares nothing with c.
func (c *Conversation) clone() *Conversation {
	d := &Conversation{slices.Clone(c.Clients), slices.Clone(c.Segments), slices.Clone(c.Steps)}
	for i := range d.Steps {
		d.Steps[i].Segments = slices.Clone(d.Steps[i].Segments)
	}
	return d
}
