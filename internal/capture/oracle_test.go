package capture

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/gopacket/gopacket/reassembly"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestOracle compares what is found in clean captures with what gopacket's
// reassembly and net/http find in them. (That package registers flags of the
// whole program, so it stays in test files.)
func TestOracle(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 4))
		var traces []*capturetest.Trace
		for n := range 1 + random.IntN(5) {
			traces = append(traces, randomTalk(random, n))
		}
		trace := capturetest.Merge(traces...)
		f := capturetest.Format{Nano: true}
		if random.IntN(2) == 0 {
			f.Tags = []uint16{0x8100}
		}
		if random.IntN(2) == 0 {
			trace.Swap(random, 0.02)
		}
		file := trace.Encode(f)
		got := read(bytes.NewReader(file))
		if got.err != nil || len(got.problems) > 0 {
			t.Fatalf("seed %d: %q, %v", seed, got.problems, got.err)
		}
		var ours []string
		for _, e := range got.events {
			ours = append(ours, fmt.Sprintf("%v > %v %s %d: %x", e.Src, e.Dst, e.Path, e.Status, e.Body))
		}
		theirs := oracle(t, file)
		slices.Sort(ours)
		slices.Sort(theirs)
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Fatalf("seed %d (-oracle +ours):\n%s", seed, diff)
		}
	}
}

// TestConversationsOracle compares what a drawn conversation says that was said
// with what gopacket and net/http find in it: so the generator agrees with more
// than this package.
func TestConversationsOracle(t *testing.T) {
	compared := 0
	for seed := range uint64(60) {
		v := capturetest.Converse(seed, capturetest.Pathologies{Plain: true, Short: true, Spoken: true})
		var said []string
		for _, m := range v.Said {
			if m.Kind == "request" || m.Kind == "response" {
				said = append(said, fmt.Sprintf("%v > %v %s %d: %x", m.Src, m.Dst, m.Path, m.Status, m.Body))
			}
		}
		found := oracle(t, v.File)
		slices.Sort(said)
		slices.Sort(found)
		if diff := cmp.Diff(said, found); diff != "" {
			t.Fatalf("capturetest.Converse(%d, ...) (-said +oracle):\n%s", seed, diff)
		}
		compared += len(said)
	}
	if compared < 200 {
		t.Errorf("only %d messages were compared", compared)
	}
}

// randomTalk is a connection with exchanges of all kinds that both readers
// frame alike.
func randomTalk(random *rand.Rand, n int) *capturetest.Trace {
	var trace capturetest.Trace
	c := trace.Conn(n)
	if random.IntN(3) == 0 {
		c.IPv6()
	}
	c.MSS = 100 + random.IntN(2000)
	c.ClientSeq, c.ServerSeq = random.Uint32(), random.Uint32()
	c.Open()
	for range 1 + random.IntN(15) {
		path := []string{v1, v2 + "/", strings.ToUpper(v2), "/other"}[random.IntN(4)]
		body := capturetest.Batch(random.Uint64(), 1+random.IntN(100))
		var request, response []byte
		if random.IntN(3) > 0 {
			request = capturetest.Post(path, body)
		} else {
			request = capturetest.Message("POST "+path+" HTTP/1.1", capturetest.Chunked(body, 1+random.IntN(3000)), "Host: x", "Transfer-Encoding: chunked")
		}
		switch random.IntN(4) {
		case 0:
			response = capturetest.Message("HTTP/1.1 200 OK", capturetest.Chunked(ok, 2), "Transfer-Encoding: chunked")
		case 1:
			response = capturetest.Answer(401, []byte("<html>no</html>"))
		default:
			response = capturetest.Answer(200, capturetest.Interested, "Content-Type: application/octet-stream")
		}
		c.Send(request).Reply(response)
	}
	return c.Close().Trace()
}

// oracle finds the messages by other means.
func oracle(t *testing.T, file []byte) (found []string) {
	source, err := pcapgo.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	streams := &streams{conns: make(map[string]*[2][]byte)}
	assembler := reassembly.NewAssembler(reassembly.NewStreamPool(streams))
	for {
		data, info, err := source.ReadPacketData()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		packet := gopacket.NewPacket(data, layers.LayerTypeEthernet, gopacket.NoCopy)
		tcp, ok := packet.Layer(layers.LayerTypeTCP).(*layers.TCP)
		if !ok {
			t.Fatal("a frame without TCP")
		}
		assembler.AssembleWithContext(packet.NetworkLayer().NetworkFlow(), tcp, &context{info})
	}
	assembler.FlushAll()
	for _, name := range streams.order {
		found = append(found, exchangesIn(t, name, streams.conns[name])...)
	}
	return found
}

func exchangesIn(t *testing.T, name string, data *[2][]byte) (found []string) {
	client, server, _ := strings.Cut(name, " > ")
	requests, responses := bufio.NewReader(bytes.NewReader(data[0])), bufio.NewReader(bytes.NewReader(data[1]))
	for {
		request, err := http.ReadRequest(requests)
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(responses, request)
		for err == nil && response.StatusCode == http.StatusContinue {
			response, err = http.ReadResponse(responses, request)
		}
		unanswered := err == io.ErrUnexpectedEOF
		if unanswered {
			response, err = &http.Response{Body: http.NoBody}, nil
		}
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		path := request.URL.Path
		if p := strings.ToLower(strings.TrimSuffix(path, "/")); p != strings.ToLower(v1) && p != strings.ToLower(v2) {
			continue
		}
		if request.Method != http.MethodPost {
			continue
		}
		if len(body) > 0 || response.StatusCode != http.StatusUnauthorized {
			found = append(found, fmt.Sprintf("%s > %s %s 0: %x", client, server, path, body))
		}
		if response.StatusCode/100 == 2 {
			found = append(found, fmt.Sprintf("%s > %s %s %d: %x", server, client, path, response.StatusCode, answer))
		}
	}
}

// streams keeps the bytes of both directions of each connection, named after
// its ends.
type streams struct {
	sync.Mutex
	conns map[string]*[2][]byte
	order []string
}

type context struct{ info gopacket.CaptureInfo }

func (c *context) GetCaptureInfo() gopacket.CaptureInfo { return c.info }

type stream struct{ data *[2][]byte }

func (s *streams) New(network, transport gopacket.Flow, tcp *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	s.Lock()
	defer s.Unlock()
	end := func(address, port gopacket.Endpoint) string {
		if a := address.String(); strings.Contains(a, ":") {
			return "[" + a + "]:" + port.String()
		}
		return address.String() + ":" + port.String()
	}
	name := end(network.Src(), transport.Src()) + " > " + end(network.Dst(), transport.Dst())
	if s.conns[name] != nil {
		return &stream{new([2][]byte)} // stragglers
	}
	s.conns[name] = new([2][]byte)
	s.order = append(s.order, name)
	return &stream{s.conns[name]}
}

func (s *stream) Accept(*layers.TCP, gopacket.CaptureInfo, reassembly.TCPFlowDirection, reassembly.Sequence, *bool, reassembly.AssemblerContext) bool {
	return true
}

func (s *stream) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	n, _ := sg.Lengths()
	direction, _, _, _ := sg.Info()
	i := 0
	if direction == reassembly.TCPDirServerToClient {
		i = 1
	}
	s.data[i] = append(s.data[i], sg.Fetch(n)...)
}

func (s *stream) ReassemblyComplete(reassembly.AssemblerContext) bool { return true }
