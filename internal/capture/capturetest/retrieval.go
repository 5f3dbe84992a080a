package capturetest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"hash"
	"math/rand/v2"
)

// PathRetrieval is the path of MS-PCCRR 2.1.1.
const PathRetrieval = "/116B50EB-ECE2-41ac-8429-9F9E963361B7/"

// A Content is a file that is served with PeerDist encoding, with what MS-PCCRC says
// about it.
type Content struct {
	Path        string
	Bytes       []byte
	Information []byte // Content Information of version 1.0 or 2.0
	Segments    []ContentSegment
}

// ContentSegment is a segment of a Content: of version 2.0 it has one block.
type ContentSegment struct {
	HoHoDk, Secret []byte
	Start          int
	Blocks         [][]byte
}

const (
	contentBlock   = 64 << 10 // of version 1.0
	contentSegment = 32 << 20 // likewise
	partSegment    = 40_000   // of version 2.0
)

// NewContent returns a content of so many bytes, the same for the same seed, with
// Content Information of version 1 or 2.
func NewContent(seed uint64, size, version int) *Content {
	c := &Content{Path: fmt.Sprintf("/content-%d.bin", seed), Bytes: make([]byte, size)}
	random := rand.NewChaCha8(sha256.Sum256(binary.BigEndian.AppendUint64(nil, seed)))
	random.Read(c.Bytes)
	if version == 1 {
		c.describeOne()
	} else {
		c.describeTwo()
	}
	return c
}

func split(b []byte, size int) (parts [][]byte) {
	for len(b) > 0 {
		n := min(size, len(b))
		parts = append(parts, b[:n:n])
		b = b[n:]
	}
	return parts
}

// keys derives Kp and HoHoDk (MS-PCCRC 2.2). The server secret is made up.
func keys(h func() hash.Hash, size int, hod []byte) (kp, hohodk []byte) {
	mac := func(key []byte, parts ...[]byte) []byte {
		m := hmac.New(h, key)
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)[:size]
	}
	ks := h()
	ks.Write([]byte("no more secrets"))
	var label []byte
	for _, ch := range "MS_P2P_CACHING\x00" {
		label = append(label, byte(ch), 0)
	}
	kp = mac(ks.Sum(nil)[:size], hod)
	return kp, mac(kp, hod, label)
}

// describeOne makes Content Information of version 1.0 with SHA-256 (MS-PCCRC 2.3).
func (c *Content) describeOne() {
	le := binary.LittleEndian
	segments := split(c.Bytes, contentSegment)
	b := le.AppendUint32([]byte{0, 1, 0x0c, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, uint32(len(segments)))
	var lists []byte
	start := 0
	for _, s := range segments {
		blocks := split(s, contentBlock)
		list := le.AppendUint32(nil, uint32(len(blocks)))
		for _, one := range blocks {
			sum := sha256.Sum256(one)
			list = append(list, sum[:]...)
		}
		hod := sha256.Sum256(list[4:])
		kp, id := keys(sha256.New, 32, hod[:])
		b = le.AppendUint64(b, uint64(start))
		b = le.AppendUint32(b, uint32(len(s)))
		b = le.AppendUint32(b, contentBlock)
		b = append(append(b, hod[:]...), kp...)
		lists = append(lists, list...)
		c.Segments = append(c.Segments, ContentSegment{id, kp, start, blocks})
		start += len(s)
	}
	c.Information = append(b, lists...)
}

// describeTwo makes Content Information of version 2.0 (MS-PCCRC 2.4).
func (c *Content) describeTwo() {
	be := binary.BigEndian
	b := append([]byte{0, 2, 4}, make([]byte, 8+8+4+8)...)
	segments := split(c.Bytes, partSegment)
	b = be.AppendUint32(append(b, 0), uint32(len(segments)*68))
	start := 0
	for _, s := range segments {
		hod := sha512.Sum512(s)
		kp, id := keys(sha512.New, 32, hod[:32])
		b = be.AppendUint32(b, uint32(len(s)))
		b = append(append(b, hod[:32]...), kp...)
		c.Segments = append(c.Segments, ContentSegment{id, kp, start, [][]byte{s}})
		start += len(s)
	}
	c.Information = b
}

// Ask is a GET for a content, with header lines.
func Ask(path string, header ...string) []byte {
	return Message("GET "+path+" HTTP/1.1", nil, append([]string{"Host: origin.example"}, header...)...)
}

// WantsInformation are the header lines of a client that reads Content Information.
var WantsInformation = []string{"Accept-Encoding: peerdist, gzip", "X-P2P-PeerDist: Version=1.1", "X-P2P-PeerDistEx: MinContentInformation=1.0, MaxContentInformation=2.0"}

// Describe is the answer with Content Information.
func (c *Content) Describe() []byte {
	return Answer(200, c.Information, `ETag: "1"`, "Content-Encoding: peerdist", fmt.Sprintf("X-P2P-PeerDist: Version=1.1, ContentLength=%d", len(c.Bytes)))
}

// retrievalMessage is a message of MS-PCCRR: minor and major version 2+2, type 4, size
// 4, algorithm 4, and what follows.
func retrievalMessage(version, kind, algorithm uint32, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, version)
	b = binary.BigEndian.AppendUint32(b, kind)
	b = binary.BigEndian.AppendUint32(b, uint32(16+len(body)))
	b = binary.BigEndian.AppendUint32(b, algorithm)
	return append(b, body...)
}

// answerMessage has TRANSPORT_RESPONSE_HEADER before it.
func answerMessage(version, kind, algorithm uint32, body []byte) []byte {
	m := retrievalMessage(version, kind, algorithm, body)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(m))), m...)
}

func sized(b, data []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(data))), data...)
}

func numbers(b []byte, all ...uint32) []byte {
	for _, n := range all {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

// GetBlkList and GetBlks are requests (MS-PCCRR 2.2.4), BlkList and NoBlk answers
// (2.2.5), each about count blocks from index on.
func GetBlkList(id []byte, index, count uint32) []byte {
	return retrievalMessage(1, 2, 1, numbers(sized(nil, id), 1, index, count))
}

// GetBlks is a MSG_GETBLKS.
func GetBlks(id []byte, index uint32) []byte {
	return retrievalMessage(1, 3, 1, numbers(sized(nil, id), 1, index, 1, 0))
}

// BlkList is a MSG_BLKLIST.
func BlkList(id []byte, index, count uint32) []byte {
	if count == 0 {
		return answerMessage(1, 4, 1, numbers(sized(nil, id), 0, 0))
	}
	return answerMessage(1, 4, 1, numbers(sized(nil, id), 1, index, count, 0))
}

// NoBlk is a MSG_BLK without a block.
func NoBlk(id []byte, index uint32) []byte {
	return answerMessage(1, 5, 1, numbers(sized(nil, id), index, 0, 0, 0, 0))
}

// Blk is a MSG_BLK with a block, encrypted with so many bytes of key; 0 for none, but
// then the length of the block must be a multiple of 4. algorithm is what it says.
func Blk(id []byte, index uint32, block, key []byte, algorithm uint32) []byte {
	body := numbers(sized(nil, id), index, 0)
	if len(key) == 0 {
		return answerMessage(1, 5, algorithm, numbers(sized(body, block), 0, 0))
	}
	pad := 16 - len(block)%16
	data := append(bytes.Clone(block), bytes.Repeat([]byte{byte(pad)}, pad)...)
	iv := sha256.Sum256(numbers(id, index))
	a, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key has another length
	}
	cipher.NewCBCEncrypter(a, iv[:16]).CryptBlocks(data, data)
	return answerMessage(1, 5, algorithm, sized(numbers(sized(body, data), 0), iv[:16]))
}
