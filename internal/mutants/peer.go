package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
)

// pathRetrieval is where messages of MS-PCCRR go (2.1.1).
const pathRetrieval = "/116B50EB-ECE2-41ac-8429-9F9E963361B7/"

func isRetrieval(path string) bool {
	return strings.EqualFold(strings.TrimSuffix(path, "/")+"/", pathRetrieval)
}

// blockLength is that of all blocks but the last one of a segment.
const blockLength = 65536

// held is the one segment that a retrieval server has.
type held struct {
	secret  [32]byte
	content []byte
	hashes  []byte // of its blocks
	id      []byte // HoHoDk
}

// theSegment has three blocks, the last of which is short.
var theSegment = func() *held {
	h := &held{secret: sha256.Sum256([]byte("secret")), content: make([]byte, 2*blockLength+1000)}
	for i := range h.content {
		h.content[i] = byte(i*i>>8 + i>>16)
	}
	for block := range slices.Chunk(h.content, blockLength) {
		hash := sha256.Sum256(block)
		h.hashes = append(h.hashes, hash[:]...)
	}
	h.id = (&decoder{}).identifier(h.secret[:], h.hashOfData(), 0x800C)
	return h
}()

func (h *held) hashOfData() []byte {
	hash := sha256.Sum256(h.hashes)
	return hash[:]
}

func (h *held) blocks() uint64 { return uint64(len(h.hashes) / sha256.Size) }

// block returns the bytes of a block.
func (h *held) block(index uint64) []byte {
	return h.content[index*blockLength : min((index+1)*blockLength, uint64(len(h.content)))]
}

// wanted is what a request of MS-PCCRR asks for.
type wanted struct {
	major, typ, crypto uint64
	requestID          []byte
	ids                [][]byte
	ranges             []extent
}

// extent is a range of blocks or segments.
type extent struct{ index, count uint64 }

func (e extent) end() uint64 { return e.index + e.count }

// wantedIn reads a request, as far as it goes.
func wantedIn(b []byte) (q wanted) {
	c := &cursor{b: b}
	number := func(n int) uint64 { return c.integer(n, big, unnamed) }
	number(2)
	q.major, q.typ = number(2), number(4)
	number(4)
	q.crypto = number(4)
	ids := uint64(1)
	switch q.typ {
	case 2, 3:
	case 6:
		q.requestID, ids = c.bytes(16, unnamed), number(4)
	default:
		return q
	}
	for ; ids > 0 && c.ok(); ids-- {
		n := int(number(4))
		q.ids = append(q.ids, c.bytes(n, unnamed))
		c.bytes(-n&3, unnamed)
	}
	for n := number(4); q.typ != 6 && n > 0 && c.ok(); n-- {
		q.ranges = append(q.ranges, extent{number(4), number(4)})
	}
	return q
}

// retrieve answers a request of MS-PCCRR (3.2.5).
func (c *cache) retrieve(d *decoder, b []byte) (v verdict) {
	bad, _ := d.decode("retrieval-request", b)
	q := wantedIn(b)
	v.drop = bad.rule != "" || c.has("peer-no-ranges-dropped") && q.typ == 2 && len(q.ranges) == 0 ||
		c.has("peer-nego-dropped") && q.typ == 0
	switch {
	case v.drop:
		return v
	case q.typ == 0, (q.major < 1 || q.major > 2) && !c.has("peer-any-version"):
		v.answer = c.retrieval(1, 0, numbers(1, 2)) // 1.0 to 2.0
	case q.typ == 2:
		v.answer = c.blockList(&q)
	case q.typ == 3:
		v.answer = c.block(&q)
	case q.typ == 6:
		v.answer = c.segmentList(&q)
	}
	if c.has("peer-unknown-404") && (q.typ == 2 || q.typ == 3) && string(q.ids[0]) != string(theSegment.id) {
		v.status = http.StatusNotFound
	}
	return v
}

// numbers returns integers of 4 bytes.
func numbers(all ...uint64) (b []byte) {
	for _, v := range all {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return b
}

// padded returns a byte string with its size and its padding.
func padded(b []byte) []byte {
	return append(append(numbers(uint64(len(b))), b...), make([]byte, -len(b)&3)...)
}

// extents returns ranges with their count.
func extents(all []extent) []byte {
	b := numbers(uint64(len(all)))
	for _, e := range all {
		b = append(b, numbers(e.index, e.count)...)
	}
	return b
}

// retrieval returns a response of MS-PCCRR.
func (c *cache) retrieval(typ, crypto uint64, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	version, size := uint64(1), uint64(16+len(body))
	if typ == 7 {
		version = 2
	}
	inside := size
	if c.has("peer-msgsize-of-header") {
		inside = 16
	}
	message := append(numbers(version, typ, inside, crypto), body...)
	switch {
	case c.has("peer-size-absent"):
		return message
	case c.has("peer-size-counts-itself"):
		size += 4
	}
	return append(numbers(size), message...)
}

// blockList answers MSG_GETBLKLIST.
func (c *cache) blockList(q *wanted) []byte {
	id, blocks := q.ids[0], uint64(0)
	if string(id) == string(theSegment.id) || c.has("peer-has-all-lists") {
		blocks = theSegment.blocks()
	}
	var has []extent
	for i := range blocks {
		if slices.ContainsFunc(q.ranges, func(e extent) bool { return e.index <= i && i < e.end() }) || c.has("peer-lists-unasked") {
			has = append(has, extent{i, 1})
		}
	}
	if c.has("peer-lists-asked") && blocks > 0 {
		has = q.ranges
	}
	if c.has("peer-list-of-own-id") {
		id = theSegment.id
	}
	next := numbers(0)
	if c.has("peer-no-next-index") {
		next = nil
	}
	return c.retrieval(4, 0, padded(id), extents(has), next)
}

// block answers MSG_GETBLKS.
func (c *cache) block(q *wanted) []byte {
	id, index, asked := q.ids[0], uint64(0), false
	for _, e := range q.ranges {
		if e.count > 0 && (!asked || e.index < index) && !(asked && c.has("peer-first-range")) {
			index, asked = e.index, true
		}
	}
	if c.has("peer-crash-past-end") && string(id) == string(theSegment.id) {
		_ = theSegment.content[index*blockLength]
	}
	var block, vector []byte
	crypto, next := q.crypto, uint64(0)
	if asked && index < theSegment.blocks() && (string(id) == string(theSegment.id) || c.has("peer-has-all-blocks")) &&
		!(c.has("peer-last-unsent") && index == theSegment.blocks()-1) {
		block, vector, crypto = c.encrypted(index, crypto)
		if index+1 < theSegment.blocks() {
			next = index + 1
		}
	}
	if c.has("peer-next-is-same") {
		next = index
	}
	if c.has("peer-id-with-zeros") {
		id = append(slices.Clone(id), make([]byte, max(0, 48-len(id)))...)
	}
	if c.has("peer-index-in-range") {
		index = 0
	}
	return c.retrieval(5, crypto, padded(id), numbers(index, next), padded(block), padded(nil), numbers(uint64(len(vector))), vector)
}

// encrypted returns a block in AES, whatever the client wishes, with its initialization
// vector.
func (c *cache) encrypted(index, wish uint64) (block, vector []byte, crypto uint64) {
	crypto = max(wish, 1)
	plain := slices.Clone(theSegment.block(index))
	if c.has("peer-block-before") {
		plain = slices.Clone(theSegment.block(max(index, 1) - 1))
	}
	pad := 16 - len(plain)%16
	for range pad {
		plain = append(plain, byte(pad))
	}
	key := theSegment.secret[:8+8*crypto]
	if c.has("peer-whole-secret") {
		key = theSegment.secret[:]
	}
	vector = make([]byte, 16)
	if cipherBlock, err := aes.NewCipher(key); err == nil {
		cipher.NewCBCEncrypter(cipherBlock, vector).CryptBlocks(plain, plain)
	}
	if c.has("peer-algorithm-wished") {
		crypto = wish
	}
	return plain, vector, crypto
}

// segmentList answers MSG_GETSEGLIST.
func (c *cache) segmentList(q *wanted) []byte {
	var has []extent
	for i, id := range q.ids {
		if string(id) == string(theSegment.id) || c.has("peer-has-all-segments") {
			at := uint64(i)
			if c.has("peer-segments-from-1") {
				at++
			}
			has = append(has, extent{at, 1})
		}
	}
	id := q.requestID
	if c.has("peer-request-id-as-guid") {
		id = slices.Clone(id)
		slices.Reverse(id[:4])
	}
	blob := numbers(0)
	if c.has("peer-no-blob") {
		blob = nil
	}
	return c.retrieval(7, 0, id, extents(has), blob)
}
