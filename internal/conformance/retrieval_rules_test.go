package conformance

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
	ct "github.com/hostedcache/pchc/internal/conversation/conversationtest"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// rulesOf checks a capture and returns the rules of the findings, in order.
func rulesOf(t *testing.T, file []byte, o Options) (rules []string) {
	t.Helper()
	o.Decrypted = true
	eitherWay(t, file, o)
	again := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
	if _, err := Read(bytes.NewReader(file), "x.pcap", again, o, func(f *Finding) error {
		rules = append(rules, f.Rule)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rules
}

// Requests, answers and the content that they are about: two blocks in version 1.0, one
// segment in 2.0.
var (
	one, two   = ct.NewContent(1, "one.bin", 70000), ct.NewContent(2, "two.bin", 20000)
	id1, id2   = one.Info.AppendHoHoDk(nil, 0), two.Info.AppendHoHoDk(nil, 0)
	requestID  = [16]byte{1}
	otherID    = [16]byte{2}
	alien      = bytes.Repeat([]byte{7}, 32)
	getBlks    = wire(pccrr.NewMsgGetBlks(id1, 1))
	getList    = wire(pccrr.NewMsgGetBlkList(id1, pccrr.NewRanges(pccrr.Range{Index: 0, Count: 2})))
	getSegList = wire(pccrr.NewMsgGetSegList(requestID, pccrr.NewSegmentIDs(id1)))
	blkList    = wire(pccrr.NewMsgBlkList(id1, pccrr.NewRanges(pccrr.Range{Index: 0, Count: 1})))
	segList    = wire(pccrr.NewMsgSegList(requestID, pccrr.NewRanges(pccrr.Range{Index: 0, Count: 1})))
)

func wire(m pccrr.Body) []byte {
	b, err := m.AppendBinary(nil)
	if err != nil {
		panic(err)
	}
	return b
}

// blk is a MSG_BLK with a block of a content, and a label.
func blk(c *ct.Content, index, label uint32, key int) []byte {
	segment := slices.Collect(func(yield func(pccrc.Segment) bool) {
		for _, s := range c.Info.Segments() {
			if !yield(s) {
				return
			}
		}
	})[0]
	m := pccrr.NewMsgBlk(segment.AppendHoHoDk(nil), label)
	start := int(index) * 65536
	plain := c.Data[start:min(start+65536, len(c.Data))]
	algorithm := pccrr.CryptoAES128
	if key == 32 {
		algorithm = pccrr.CryptoAES256
	}
	if err := m.Encrypt(nil, plain, algorithm, segment.SegmentSecret()); err != nil {
		panic(err)
	}
	b := wire(m)
	if key == 32 {
		b[19] = 1 // CryptoAlgoId says AES-128
	}
	return b
}

// flipped returns b with a bit of a byte changed.
func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

// ask is one exchange of MS-PCCRR behind the Content Information of both contents.
func ask(server netip.AddrPort, messages ...[]byte) func(*ct.Story) {
	return func(s *ct.Story) {
		s.Information(ct.Client, one)
		s.Information(ct.Client, two)
		c := s.Conn(ct.Client, server)
		for i := 0; i < len(messages); i += 2 {
			c.Send(capturetest.Post(pccrr.Path, messages[i])).Reply(capturetest.Answer(200, messages[i+1]))
		}
		c.Close()
	}
}

// get is a request to a content server and its response.
func get(request []string, status int, body []byte, response ...string) func(*ct.Story) {
	return func(s *ct.Story) {
		s.Conn(ct.Client, ct.Server).Send(capturetest.Message("GET /x HTTP/1.1", nil, append([]string{"Host: files.example"}, request...)...)).
			Reply(capturetest.Answer(status, body, response...)).Close()
	}
}

var (
	wants   = []string{"Accept-Encoding: peerdist", "X-P2P-PeerDist: Version=1.1", "X-P2P-PeerDistEx: MinContentInformation=1.0, MaxContentInformation=2.0"}
	has     = "X-P2P-PeerDist: Version=1.1, ContentLength=70000"
	coding  = "Content-Encoding: peerdist"
	etag    = `ETag: "1"`
	changes = func(list []string, at int, to string) []string {
		list = slices.Clone(list)
		list[at] = to
		return list
	}
)

// tales are conversations, one of which violates the rule, and nothing else.
var tales = []struct {
	name string
	play func(*ct.Story)
	want string
}{
	{"right", ask(ct.Peer, getList, blkList, getBlks, blk(one, 1, 1, 16), getSegList, segList, wire(pccrr.NewMsgGetBlks(id2, 0)), blk(two, 0, 0, 16)), ""},
	{"a list for a block", ask(ct.Peer, getBlks, blkList), "PCCRR-3-Pair"},
	{"another segment", ask(ct.Peer, getList, wire(pccrr.NewMsgBlkList(alien, pccrr.NewRanges()))), "PCCRR-3.2.5-SegmentId"},
	{"another RequestID", ask(ct.Cache, getSegList, wire(pccrr.NewMsgSegList(otherID, pccrr.NewRanges()))), "PCCRR-3.2.5-RequestID"},
	{"blocks that nobody asked for", ask(ct.Peer, wire(pccrr.NewMsgGetBlkList(id1, pccrr.NewRanges(pccrr.Range{Index: 1, Count: 1}))), blkList), "PCCRR-3.2.5.2-Subset"},
	{"another block", ask(ct.Peer, getBlks, blk(one, 0, 0, 16)), "PCCRR-3.2.5.3-Index"},
	{"a segment too many", ask(ct.Cache, getSegList, wire(pccrr.NewMsgSegList(requestID, pccrr.NewRanges(pccrr.Range{Index: 0, Count: 2})))), "PCCRR-2.2.5.4-Index"},
	{"versions without need", ask(ct.Peer, getBlks, wire(pccrr.NewMsgNegoResp(pccrr.VersionRange{MinSupportedProtocolVersion: pccrr.Version{MajorVersion: 1}, MaxSupportedProtocolVersion: pccrr.Version{MajorVersion: 2}}))), "PCCRR-2.2.3-ProtVerMajor"},
	{"an error", func(s *ct.Story) {
		s.Conn(ct.Client, ct.Peer).Send(capturetest.Post(pccrr.Path, getBlks)).Reply(capturetest.Answer(500, nil)).Close()
	}, "PCCRR-3.2.5-Answer"},
	{"no response", func(s *ct.Story) {
		s.Conn(ct.Client, ct.Peer).Send(capturetest.Post(pccrr.Path, getBlks)).CloseServer()
	}, "PCCRR-3.2.5-Answer"},
	{"no response, given up", func(s *ct.Story) { s.Conn(ct.Client, ct.Peer).Send(capturetest.Post(pccrr.Path, getBlks)).Close() }, ""},
	{"a RST on a connection in use", func(s *ct.Story) {
		c := s.Conn(ct.Client, ct.Peer).Send(capturetest.Post(pccrr.Path, getList)).Reply(capturetest.Answer(200, blkList)).Send(capturetest.Post(pccrr.Path, getBlks))
		c.FromServer(capturetest.RST, nil)
	}, ""},
	{"a response to a malformed request", ask(ct.Peer, append(bytes.Clone(getBlks), 0, 0, 0, 0), blk(one, 1, 1, 16)), "PCCRR-2.2.3-MsgSize, PCCRR-2.1.1-OneMessage, PCCRR-3.2.5.5-Drop"},
	{"a RequestID in use", func(s *ct.Story) {
		a, b := s.Conn(ct.Client, ct.Cache), s.Conn(ct.Client, ct.Cache)
		a.Send(capturetest.Post(pccrr.Path, getSegList))
		b.Send(capturetest.Post(pccrr.Path, getSegList)).Reply(capturetest.Answer(200, segList)).Close()
		a.Reply(capturetest.Answer(200, segList)).Close()
	}, "PCCRR-3.1.4.4-RequestID"},
	{"a RequestID of what was lost", func(s *ct.Story) {
		a, b := s.Conn(ct.Client, ct.Cache), s.Conn(ct.Client, ct.Cache)
		a.Send(capturetest.Post(pccrr.Path, getSegList))
		b.Send(capturetest.Post(pccrr.Path, getSegList)).Reply(capturetest.Answer(200, segList)).Close()
		a.Close()
	}, ""},
	{"GET", func(s *ct.Story) {
		s.Conn(ct.Client, ct.Peer).Send(capturetest.Message("GET "+pccrr.Path+" HTTP/1.1", nil)).Reply(capturetest.Answer(405, nil)).Close()
	}, "PCCRR-2.1.1-Method"},
	{"the whole secret", ask(ct.Peer, getBlks, blk(one, 1, 1, 32)), "PCCRR-2.2.5.3-Ke"},
	{"a damaged block", ask(ct.Peer, getBlks, flipped(blk(one, 1, 1, 16), 100)), "PCCRR-2.2.5.3-BlockHash"},
	{"a damaged block of 2.0 from a peer", ask(ct.Peer, wire(pccrr.NewMsgGetBlks(id2, 0)), flipped(blk(two, 0, 0, 16), 100)), "PCCRR-2.2.5.3-BlockHash"},
	{"a damaged block of 2.0 from a hosted cache", ask(ct.Cache, getSegList, segList, wire(pccrr.NewMsgGetBlks(id2, 0)), flipped(blk(two, 0, 0, 16), 100)), CaptureNote},
	{"another block with the index", ask(ct.Peer, getBlks, blk(one, 0, 1, 16)), "PCCRR-2.2.5.3-BlockHash"},
	{"a block without Content Information", func(s *ct.Story) { s.Blocks(ct.Client, ct.Peer, one, ct.All) }, CaptureNote},
	{"a block with a second padding", ask(ct.Peer, getBlks, resized(16, pccrr.CryptoAES128)), "PCCRR-2.2.5.3-BlockLength"},
	{"no PKCS#7 in a block from a peer", ask(ct.Peer, wire(pccrr.NewMsgGetBlks(id2, 0)), padded(two, 0, pccrr.CryptoAES128, 0)), "PCCRR-2.2.5.3-Padding"},
	{"no PKCS#7 in a block of 2.0 from a hosted cache", ask(ct.Cache, getSegList, segList, wire(pccrr.NewMsgGetBlks(id2, 0)), padded(two, 0, pccrr.CryptoAES128, 0)), CaptureNote},
	{"bytes behind a plain block", ask(ct.Peer, getBlks, resized(1, pccrr.CryptoNone)), "PCCRR-2.2.5.3-BlockLength"},
	{"a plain block", ask(ct.Peer, getBlks, resized(0, pccrr.CryptoNone)), ""},
	{"a list of segments from who offers", func(s *ct.Story) {
		s.Offer(ct.Other, two)
		s.Fetch(ct.Other, two)
		ask(netip.AddrPortFrom(ct.Other, ct.OfferPort), getSegList, segList)(s)
	}, "PCCRR-3-SegListHostedOnly"},
	{"a list of segments from another port of who offers", func(s *ct.Story) {
		s.Offer(ct.Other, two)
		ask(netip.AddrPortFrom(ct.Other, ct.OfferPort+1), getSegList, segList)(s)
	}, ""},
	{"a list of segments from who offers, and takes offers", func(s *ct.Story) {
		s.Offer(ct.Cache.Addr(), two)
		ask(netip.AddrPortFrom(ct.Cache.Addr(), ct.OfferPort), getSegList, segList)(s)
	}, ""},
	{"a client that waits", slowly(3*time.Second+2*spec.RequestTimeout, 0), "PCCRR-3.1.2-RequestTimer"},
	{"a client that waits for not so long", slowly(2*spec.RequestTimeout-time.Second, 0), ""},
	{"a server that takes long", slowly(0, 2*spec.UploadTimeout+time.Second), "PCCRR-3.2.2-UploadTimer"},
	{"a server that takes not so long", slowly(0, 2*spec.UploadTimeout-time.Second), ""},

	{"right fields", get(wants, 200, one.Wire, coding, has, etag), ""},
	{"fields in any case", get([]string{"accept-encoding: gzip, PeerDist", "x-p2p-peerdist: version=1.0"}, 200, one.Wire, "content-encoding: PEERDIST", "X-P2P-PeerDist: Version=1.0,ContentLength=70000", "Last-Modified: x"), ""},
	{"no version", get(wants[:1], 200, nil), "PCCRTP-3.1.4-Params"},
	{"no range of versions", get(wants[:2], 200, nil), "PCCRTP-3.1.4-Params"},
	{"a version that does not exist", get(changes(wants, 2, "X-P2P-PeerDistEx: MinContentInformation=1.0, MaxContentInformation=3.0"), 200, nil), "PCCRTP-2.2-MinMax"},
	{"missing data with peerdist", get(changes(wants, 1, "X-P2P-PeerDist: Version=1.1, MissingDataRequest=true"), 200, nil), "PCCRTP-2.2-Missing"},
	{"no list", get(changes(wants, 1, "X-P2P-PeerDist: Version=1.1, x"), 200, nil), "PCCRTP-2.2-PeerDist"},
	{"no list either", get(changes(wants, 2, wants[2]+", x"), 200, nil), "PCCRTP-2.2-PeerDistEx"},
	{"a parameter of the other side", get(changes(wants, 1, "X-P2P-PeerDist: Version=1.1, ContentLength=1"), 200, nil), "PCCRTP-2.2-Parameters"},
	{"peerdist and gzip", get(wants, 200, one.Wire, "Content-Encoding: peerdist, gzip", has, etag), CaptureProblem + ", PCCRTP-2.2-ContentEncoding"},
	{"a higher version", get([]string{wants[0], "X-P2P-PeerDist: Version=1.0"}, 200, one.Wire, coding, has, etag), "PCCRTP-1.7-Version"},
	{"2.0 for a client of 1.0", get([]string{wants[0], "X-P2P-PeerDist: Version=1.0"}, 200, two.Wire, coding, "X-P2P-PeerDist: Version=1.0, ContentLength=20000", etag), "PCCRTP-3.2.5.1-Range"},
	{"no length", get(wants, 200, one.Wire, coding, "X-P2P-PeerDist: Version=1.1", etag), "PCCRTP-3.2.5.1-ContentLength"},
	{"another length", get(wants, 200, one.Wire, coding, "X-P2P-PeerDist: Version=1.1, ContentLength=70001", etag), "PCCRTP-3.2.5.1-ContentLength"},
	{"another length, of a range", get(wants, 206, one.Wire, coding, "X-P2P-PeerDist: Version=1.1, ContentLength=70001", etag), ""},
	{"no validator", get(wants, 200, one.Wire, coding, has), "PCCRTP-3.2-Validator"},
}

// resized is a MSG_BLK whose Block has so many bytes too many.
func resized(n int, a pccrr.CryptoAlgoId) []byte {
	m := pccrr.NewMsgBlk(id1, 1)
	for _, s := range one.Info.Segments() {
		if err := m.Encrypt(nil, append(bytes.Clone(one.Data[65536:]), make([]byte, n)...), a, s.SegmentSecret()); err != nil {
			panic(err)
		}
	}
	return wire(m)
}

// padded is a MSG_BLK with that block, and behind it padding whose bytes have that value
// instead of their number.
func padded(c *ct.Content, index uint32, a pccrr.CryptoAlgoId, value byte) []byte {
	var m pccrr.MsgBlk
	for _, s := range c.Info.Segments() {
		m = pccrr.NewMsgBlk(s.AppendHoHoDk(nil), index)
		plain := c.Data[index*65536 : min(int(index+1)*65536, len(c.Data))]
		plain = append(bytes.Clone(plain), bytes.Repeat([]byte{value}, 16-len(plain)%16)...)
		key, err := aes.NewCipher(s.SegmentSecret().Bytes()[:a.KeyLen()])
		if err != nil {
			panic(err)
		}
		m.CryptoAlgoId, m.Block, m.IVBlock = a, make([]byte, len(plain)), make([]byte, 16)
		cipher.NewCBCEncrypter(key, m.IVBlock).CryptBlocks(m.Block, plain)
	}
	return wire(m)
}

// TestPadding: right and wrong paddings, for keys of each length.
func TestPadding(t *testing.T) {
	const last = 70000 - 65536
	for _, a := range []pccrr.CryptoAlgoId{pccrr.CryptoAES128, pccrr.CryptoAES192, pccrr.CryptoAES256} {
		for value, want := range map[byte][]string{16 - last%16: nil, 0: {"PCCRR-2.2.5.3-Padding"}, 16 - last%16 - 1: {"PCCRR-2.2.5.3-Padding"}, 0x80: {"PCCRR-2.2.5.3-Padding"}} {
			var s ct.Story
			ask(ct.Peer, getBlks, padded(one, 1, a, value))(&s)
			file := s.Encode(capturetest.Format{})
			eitherWay(t, file, Options{})
			if got := rulesOf(t, file, Options{}); !slices.Equal(got, want) {
				t.Errorf("%v, padding of %d: %v, want %v", a, value, got, want)
			}
		}
	}
}

// slowly is a block whose response begins after some time, and takes some.
func slowly(begin, end time.Duration) func(*ct.Story) {
	return func(s *ct.Story) {
		s.Information(ct.Client, one)
		c := s.Conn(ct.Client, ct.Peer).Send(capturetest.Post(pccrr.Path, getBlks))
		at := capturetest.Start
		stamp := func() {
			for i := range s.Packets {
				if s.Packets[i].Time.IsZero() {
					s.Packets[i].Time = at
				}
			}
		}
		stamp()
		at = at.Add(begin)
		answer := capturetest.Answer(200, blk(one, 1, 1, 16))
		c.Reply(answer[:2000])
		stamp()
		at = at.Add(end)
		c.Reply(answer[2000:])
		c.Close()
		stamp()
	}
}

// TestTales: one broken conversation for each rule gives that finding and no other, in
// both dialects but for what Windows may do.
func TestTales(t *testing.T) {
	told := map[string]bool{}
	for _, tale := range tales {
		var s ct.Story
		tale.play(&s)
		file := s.Encode(capturetest.Format{})
		if got := strings.Join(rulesOf(t, file, Options{}), ", "); got != tale.want {
			t.Errorf("%s: %s, want %s", tale.name, got, tale.want)
		}
		want := tale.want
		if strings.HasSuffix(want, "Timer") {
			want = ""
		}
		if got := strings.Join(rulesOf(t, file, Options{Windows: true}), ", "); got != want {
			t.Errorf("%s, Windows: %s, want %s", tale.name, got, want)
		}
		for rule := range strings.SplitSeq(tale.want, ", ") {
			told[rule] = true
		}
	}
	for _, r := range Checked() {
		switch r.CheckedBy {
		case spec.HeaderFields, spec.RetrievalExchange, spec.Conversation:
			if !told[r.ID] && !slices.Contains(noted, r.ID) && !strings.HasPrefix(r.ID, "PCCRD") {
				t.Errorf("%s: no tale violates it", r.ID)
			}
		}
	}
}

// TestWindowsVersion: Windows Server 2012 wrote version 2.0 where 1.0 is right.
func TestWindowsVersion(t *testing.T) {
	for field, want := range map[int]string{3: "", 1: "PCCRR-2.2.3-ProtVer"} {
		request := bytes.Clone(getBlks)
		request[field] = 2
		var s ct.Story
		ask(ct.Peer, request, blk(one, 1, 1, 16))(&s)
		file := s.Encode(capturetest.Format{})
		if got := rulesOf(t, file, Options{}); !slices.Equal(got, []string{"PCCRR-2.2.3-ProtVer"}) {
			t.Error(got)
		}
		if got := strings.Join(rulesOf(t, file, Options{Windows: true}), ", "); got != want {
			t.Errorf("byte %d, Windows: %s, want %s", field, got, want)
		}
	}
}

// TestGeneratedRules: generated messages that violate one rule give that finding.
func TestGeneratedRules(t *testing.T) {
	reported := map[string]bool{}
	for _, rule := range generate.Rules() {
		for _, kind := range generate.Kinds(rule) {
			for seed := range uint64(4) {
				m := generate.BrokenAs(rand.New(rand.NewPCG(seed, 1)), kind, rule)
				var s ct.Story
				switch kind {
				case spec.RetrievalRequest:
					s.Conn(ct.Client, ct.Peer).Send(capturetest.Post(pccrr.Path, m.Bytes)).Close()
				case spec.RetrievalResponse:
					s.Conn(ct.Client, ct.Peer).Send(capturetest.Post(pccrr.Path, getBlks)).Reply(capturetest.Answer(200, m.Bytes)).Close()
				case spec.Content:
					get(wants[:2], 206, m.Bytes, coding, has, etag)(&s)
				default:
					continue
				}
				if len(m.Bytes) == 0 {
					continue // no message
				}
				allowed := append(generate.ImpliedViolations(rule), rule)
				got := rulesOf(t, s.Encode(capturetest.Format{}), Options{})
				if !slices.Contains(got, rule) {
					t.Errorf("%s %d: %v, want %s", kind, seed, got, rule)
				}
				for _, id := range got {
					r, _ := spec.RequirementByID(id)
					if r.Class == spec.Format || r.Class == spec.Sender {
						reported[id] = true
						if !slices.Contains(allowed, id) && !strings.HasPrefix(id, "PCCRTP-") {
							t.Errorf("%s %d: %v, want %v", kind, seed, got, allowed)
						}
					}
				}
			}
		}
	}
	for _, r := range Checked() {
		if (r.CheckedBy == spec.RetrievalBytes || r.CheckedBy == spec.ContentBytes) && !reported[r.ID] {
			t.Errorf("%s is never reported", r.ID)
		}
	}
}

// datagram is a frame of raw IPv4 with UDP.
func datagram(src, dst netip.AddrPort, payload string) pcapfile.Frame {
	n := 28 + len(payload)
	b := []byte{0x45, 0, byte(n >> 8), byte(n), 0, 0, 0, 0, 64, 17, 0, 0}
	b = append(append(b, src.Addr().AsSlice()...), dst.Addr().AsSlice()...)
	for _, v := range []uint16{src.Port(), dst.Port(), uint16(8 + len(payload)), 0} {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return pcapfile.Frame{Data: append(b, payload...), Link: 101, Time: capturetest.Start}
}

const (
	envelope = `<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:wsd="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:PeerDist="http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery"><soap:Header>`
	probeXML = envelope + `<wsa:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To><wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</wsa:Action><wsa:MessageID>urn:uuid:1</wsa:MessageID></soap:Header>` +
		`<soap:Body><wsd:Probe><wsd:Types>PeerDist:PeerDistData%s</wsd:Types><wsd:Scopes MatchBy="http://schemas.%s">%s</wsd:Scopes></wsd:Probe></soap:Body></soap:Envelope>`
	matchXML = envelope + `<wsa:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To><wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action><wsa:MessageID>urn:uuid:2</wsa:MessageID><wsa:RelatesTo>urn:uuid:1</wsa:RelatesTo><wsd:AppSequence InstanceId="0" MessageNumber="1"/></soap:Header>` +
		`<soap:Body><wsd:ProbeMatches><wsd:ProbeMatch><wsa:EndpointReference><wsa:Address>urn:uuid:3</wsa:Address></wsa:EndpointReference><wsd:Types>PeerDist:PeerDistData%s</wsd:Types><wsd:Scopes>%s</wsd:Scopes><wsd:XAddrs>10.0.3.1:80</wsd:XAddrs><wsd:MetadataVersion>2</wsd:MetadataVersion><PeerDist:PeerDistData>%s</PeerDist:PeerDistData></wsd:ProbeMatch></wsd:ProbeMatches></soap:Body></soap:Envelope>`
)

// TestDiscoveryRules: one changed message of discovery for each rule.
func TestDiscoveryRules(t *testing.T) {
	hex1, hex2 := strings.ToUpper(hex.EncodeToString(id1)), strings.ToUpper(hex.EncodeToString(id2))
	v1 := func(id string) string {
		return fmt.Sprintf(probeXML, "", "xmlsoap.org/ws/2005/04/discovery/strcmp0", id)
	}
	v2 := func(id []byte) string {
		return fmt.Sprintf(probeXML, "V2", "microsoft.com/p2p/2010/05/PeerDistV2MatchingRule", base64.StdEncoding.EncodeToString(append([]byte{0, 32, 1}, id...)))
	}
	match1 := fmt.Sprintf(matchXML, "", hex1, "<PeerDist:BlockCount>00000002</PeerDist:BlockCount>")
	match2 := fmt.Sprintf(matchXML, "V2", "wA==", "<PeerDist:SegmentAges>AAEDAgBg6gABZAAA</PeerDist:SegmentAges>")
	told := map[string]bool{}
	for _, c := range []struct{ probe, match, old, new, want string }{
		{v1(hex1), match1, "", "", ""},
		{v2(id2), match2, "", "", ""},
		{v1(hex2), "", "", "", "PCCRD-2.2.2-Form"},
		{v2(id1), "", "", "", "PCCRD-2.2.2-Form"},
		{v1(hex.EncodeToString(alien)), match1, "", "", "PCCRD-3.2.4.1-Match"},
		{v1(hex1), "", "</soap:Envelope>", "", "PCCRD-2.1-XML"},
		{v1(hex1), "", "04:discovery</wsa:To>", "04:x</wsa:To>", "PCCRD-2.2.1-To"},
		{v1(hex1), "", "/Probe</wsa:Action>", "/Bye</wsa:Action>", "PCCRD-2.2.1-Action"},
		{v1(hex1), "", "<wsa:MessageID>urn:uuid:1</wsa:MessageID>", "", "PCCRD-2.2.1-MessageID"},
		{v1(hex1), "", "strcmp0", "strcmp1", "PCCRD-2.2.2.1-MatchBy"},
		{v1(hex1), "", hex1, hex1[1:], "PCCRD-2.2.3.3-Scopes"},
		{v1(hex1), "", hex1, hex1 + "AB", "PCCRD-2.2.3.3-HoHoDkLength"},
		{v2(id2), "", ">ACAB", ">ACAC", "PCCRD-2.2.3.3-ScopesV2"},
		{v1(hex1), match1, "<wsa:RelatesTo>urn:uuid:1</wsa:RelatesTo>", "", "PCCRD-2.2.1-RelatesTo"},
		{v1(hex1), match1, `InstanceId="0"`, `InstanceId="x"`, "PCCRD-2.2.3.6-AppSequence"},
		{v1(hex1), match1, "urn:uuid:3", "urn:3", "PCCRD-2.2.3.4-Address"},
		{v1(hex1), match1, "10.0.3.1:80", "http://10.0.3.1:80/", "PCCRD-2.2.3.8-XAddrs"},
		{v1(hex1), match1, ">2</wsd:MetadataVersion", ">3</wsd:MetadataVersion", "PCCRD-2.2.3.5-MetadataVersion"},
		{v1(hex1), match1, "00000002", "0002", "PCCRD-2.2.3.9-BlockCount"},
		{v2(id2), match2, "wA==", "QA==", "PCCRD-2.2.3.3-Availability"},
		{v2(id2), match2, "AAED", "AAE", "PCCRD-2.2.3.9-SegmentAges"},
		{v2(id2), match2, "AAED", "AAEE", "PCCRR-2.2.6.1-Units"},
		{v2(id2), "", "PeerDistDataV2<", "PeerDistDataV3<", ""}, // of another protocol
	} {
		var s ct.Story
		s.Information(ct.Client, one)
		s.Information(ct.Client, two)
		all := frames(t, s.Encode(capturetest.Format{Link: 101}))
		client, group := netip.AddrPortFrom(ct.Client, 5000), netip.MustParseAddrPort("239.255.255.250:3702")
		if c.match == "" {
			c.probe = strings.Replace(c.probe, c.old, c.new, 1)
		} else {
			c.match = strings.Replace(c.match, c.old, c.new, 1)
		}
		all = append(all, datagram(client, group, c.probe))
		if c.match != "" {
			all = append(all, datagram(netip.MustParseAddrPort("10.0.3.1:3702"), client, c.match))
		}
		if diff := cmp.Diff(c.want, strings.Join(rulesOf(t, written(all), Options{}), ", ")); diff != "" {
			t.Errorf("%q to %q: %s", c.old, c.new, diff)
		}
		told[c.want] = true
	}
	const client, server, group = "10.0.3.9:5000", "10.0.3.1:3702", "239.255.255.250:3702"
	probe := v1(hex1)
	if !slices.Contains(groups[:], netip.MustParseAddrPort("[ff02::c]:3702")) {
		t.Errorf("IPv6: a Probe goes to %s", groups)
	}
	for _, c := range []struct {
		probe, match [2]string // from, to
		again        bool      // the Probe comes twice
		waited       time.Duration
		want         string
	}{
		{[2]string{client, group}, [2]string{server, client}, false, time.Millisecond, ""},
		{[2]string{client, group}, [2]string{server, client}, false, time.Second, ""},
		{[2]string{client, group}, [2]string{server, client}, false, 0, ""}, // no times
		{[2]string{client, group}, [2]string{server, client}, false, -time.Microsecond, ""},
		{[2]string{client, group}, [2]string{server, client}, false, time.Microsecond, "PCCRD-3.2.2-Backoff"},
		{[2]string{client, group}, [2]string{server, client}, false, 999 * time.Microsecond, "PCCRD-3.2.2-Backoff"},
		{[2]string{client, group}, [2]string{server, client}, true, time.Second + time.Microsecond, ""}, // to the first
		{[2]string{client, group}, [2]string{server, "10.0.3.8:5000"}, false, time.Microsecond, ""},     // to another, which was not captured
		{[2]string{client, server}, [2]string{server, client}, false, time.Millisecond, "PCCRD-2.1-Transport"},
		{[2]string{"10.0.3.9:3702", "239.255.255.250:3703"}, [2]string{}, false, 0, "PCCRD-2.1-Transport"},
		{[2]string{client, group}, [2]string{server, group}, false, time.Millisecond, "PCCRD-2.1-Transport"},
	} {
		at := netip.MustParseAddrPort
		all := []pcapfile.Frame{datagram(at(c.probe[0]), at(c.probe[1]), probe)}
		if c.again {
			all = append(all, all[0])
			all[1].Time = all[1].Time.Add(time.Second)
		}
		if c.match[0] != "" {
			f := datagram(at(c.match[0]), at(c.match[1]), match1)
			f.Time = f.Time.Add(c.waited)
			all = append(all, f)
		}
		if diff := cmp.Diff(c.want, strings.Join(rulesOf(t, written(all), Options{}), ", ")); diff != "" {
			t.Errorf("Probe %s, ProbeMatches %s after %s: %s", c.probe, c.match, c.waited, diff)
		}
		told[c.want] = true
	}
	for _, r := range Checked() {
		if strings.HasPrefix(r.ID, "PCCRD-") && !told[r.ID] {
			t.Errorf("%s: nothing violates it", r.ID)
		}
	}
}
