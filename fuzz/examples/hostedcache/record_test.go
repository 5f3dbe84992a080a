package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
	"github.com/hostedcache/pchc/pccrc"
)

// stream is one direction of a connection in a capture.
type stream struct {
	from, to netip.AddrPort
	data     []byte
	next     uint32
	flags    []byte
}

// streams reads a capture, whose packets must follow each other and have right checksums.
func streams(t *testing.T, file []byte) (all []*stream) {
	t.Helper()
	r, err := pcapfile.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	known := map[[2]netip.AddrPort]*stream{}
	var f pcapfile.Frame
	for err = r.Next(&f); err == nil; err = r.Next(&f) {
		var pseudo []byte
		ip, length := f.Data, 0
		if f.Link != 101 || f.Damage != "" || f.Skipped != "" {
			t.Fatalf("%+v", f)
		}
		ends := [2]netip.Addr{}
		if ip[0] == 0x45 {
			if length = 20; checksum(ip[:20]) != 0 || int(binary.BigEndian.Uint16(ip[2:])) != len(ip) || ip[9] != 6 {
				t.Errorf("header %x", ip[:20])
			}
			pseudo = bytes.Clone(ip[12:20])
			ends[0], _ = netip.AddrFromSlice(ip[12:16])
			ends[1], _ = netip.AddrFromSlice(ip[16:20])
		} else {
			if length = 40; ip[0] != 0x60 || int(binary.BigEndian.Uint16(ip[4:])) != len(ip)-40 || ip[6] != 6 {
				t.Errorf("header %x", ip[:40])
			}
			pseudo = bytes.Clone(ip[8:40])
			ends[0], _ = netip.AddrFromSlice(ip[8:24])
			ends[1], _ = netip.AddrFromSlice(ip[24:40])
		}
		tcp := ip[length:]
		pseudo = append(binary.BigEndian.AppendUint32(pseudo, uint32(len(tcp))), 0, 0, 0, 6)
		if checksum(append(pseudo, tcp...)) != 0 {
			t.Errorf("checksum of %x", tcp[:20])
		}
		key := [2]netip.AddrPort{netip.AddrPortFrom(ends[0], binary.BigEndian.Uint16(tcp)), netip.AddrPortFrom(ends[1], binary.BigEndian.Uint16(tcp[2:]))}
		s := known[key]
		if s == nil {
			s = &stream{from: key[0], to: key[1]}
			known[key] = s
			all = append(all, s)
		}
		if seq := binary.BigEndian.Uint32(tcp[4:]); seq != s.next {
			t.Errorf("sequence number %d, want %d", seq, s.next)
		}
		flags := tcp[13]
		if other := known[[2]netip.AddrPort{key[1], key[0]}]; flags&ack != 0 && (other == nil || binary.BigEndian.Uint32(tcp[8:]) != other.next) {
			t.Errorf("acknowledges %d", binary.BigEndian.Uint32(tcp[8:]))
		}
		s.data, s.flags = append(s.data, tcp[20:]...), append(s.flags, flags)
		s.next += uint32(len(tcp) - 20)
		if flags&(syn|fin) != 0 {
			s.next++
		}
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	return all
}

// All that the cache is asked and all that it asks is in the capture, over IPv4 and IPv6.
func TestCapture(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		if l, err := net.Listen("tcp", host+":0"); err != nil {
			t.Logf("%s is left out: %v", host, err)
			continue
		} else {
			_ = l.Close()
		}
		file := filepath.Join(t.TempDir(), "story.pcapng")
		urls, stop := start(t, "--listen", host+":0", "--capture", file)
		content := make([]byte, 160_000)
		for i := range len(content) / 4 {
			binary.BigEndian.PutUint32(content[4*i:], uint32(i))
		}
		maker := pccrc.Maker{ServerSecret: pccrc.NewSecret([]byte("x"))}
		info, err := maker.V2(t.Context(), bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		var peer client.Peer
		peer.Add(info, bytes.NewReader(content))
		l, err := net.Listen("tcp", host+":0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- hostedcache.Serve(t.Context(), l, &peer) }()
		url := strings.TrimSuffix(urls[2], pccrr.Path)
		c := client.Client{HTTP: url, Port: uint16(l.Addr().(*net.TCPAddr).Port)}
		if err := c.Offer(t.Context(), info); err != nil {
			t.Fatal(err)
		}
		for missing := 1; missing > 0; {
			r, err := c.Retrieve(t.Context(), info, discard{})
			if err != nil {
				t.Fatal(err)
			}
			missing = len(r.Missing)
		}
		if code, stderr := stop(); code != 0 {
			t.Fatal(stderr)
		}
		_ = l.Close()
		<-served
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cache, peerAt := netip.MustParseAddrPort(strings.TrimPrefix(url, "http://")), netip.MustParseAddrPort(l.Addr().String())
		var offers, fetched, sent int
		for _, s := range streams(t, b) {
			if len(s.flags) < 4 || s.flags[0]&syn == 0 || bytes.Count(s.flags, []byte{fin | ack}) != 1 {
				t.Errorf("%v to %v: flags %v", s.from, s.to, s.flags)
			}
			switch {
			case s.from == peerAt:
				fetched += len(s.data)
			case s.to == cache:
				offers += bytes.Count(s.data, []byte("POST "))
			case s.from == cache:
				sent += len(s.data)
			case s.to != peerAt:
				t.Errorf("%v to %v", s.from, s.to)
			}
		}
		if offers < 3 || fetched < len(content) || sent < len(content) {
			t.Errorf("%s: %d POSTs, %d bytes of the peer, %d of the cache", host, offers, fetched, sent)
		}
	}
}

type discard struct{}

func (discard) WriteAt(b []byte, _ int64) (int, error) { return len(b), nil }

type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

// A disk that is full is said at the end, and hinders nothing.
func TestCaptureFails(t *testing.T) {
	r := newRecorder(full{})
	client, server := net.Pipe()
	if c := r.record(client, 0); c != client {
		t.Error("a pipe has no addresses")
	}
	_ = server.Close()
	if err := r.close(); err != errFull {
		t.Errorf("%v", err)
	}
}
