package capturetest

import (
	"encoding/binary"
	"unicode/utf16"
)

// SMB makes messages of SMB2 (MS-SMB2) for one connection, with a header of NetBIOS
// before each. A request takes the next MessageId, a response that of the request made
// last.
type SMB struct {
	Session uint64
	Tree    uint32 // of requests
	Flags   uint32 // of requests; responses have SMB2_FLAGS_SERVER_TO_REDIR, too

	message uint64
}

// Commands of MS-SMB2 2.2.1.
const (
	smbTreeConnect = 3
	smbCreate      = 5
	smbClose       = 6
	smbRead        = 8
	smbWrite       = 9
	smbIOCTL       = 11
)

const (
	smbHeader     = 64
	smbFromServer = 1
	smbReadHash   = 0x001441bb
)

// NetBIOS is messages of SMB2 with the header for them all (MS-SMB2 2.1). The first ones
// are padded to 8 bytes and tell where the next begins (NextCommand).
func NetBIOS(messages ...[]byte) []byte {
	var all []byte
	for i, m := range messages {
		if i < len(messages)-1 {
			m = append(m[:len(m):len(m)], make([]byte, -len(m)&7)...)
			binary.LittleEndian.PutUint32(m[20:], uint32(len(m)))
		}
		all = append(all, m...)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(all))), all...)
}

func (s *SMB) header(command uint16, flags, status, tree uint32, body []byte) []byte {
	le := binary.LittleEndian
	b := append(make([]byte, 0, smbHeader+len(body)), "\xfeSMB"...)
	b = le.AppendUint16(le.AppendUint16(b, smbHeader), 1)
	b = le.AppendUint32(b, status)
	b = le.AppendUint16(le.AppendUint16(b, command), 1)
	b = le.AppendUint32(le.AppendUint32(b, flags), 0)
	b = le.AppendUint64(b, s.message)
	b = le.AppendUint32(le.AppendUint32(b, 0xfeff), tree)
	b = le.AppendUint64(b, s.Session)
	return append(append(b, make([]byte, 16)...), body...)
}

// ask is a request, answer the response to it.
func (s *SMB) ask(command uint16, body []byte) []byte {
	s.message++
	return s.header(command, s.Flags, 0, s.Tree, body)
}

func (s *SMB) answer(command uint16, tree uint32, body []byte) []byte {
	return s.header(command, s.Flags|smbFromServer, 0, tree, body)
}

// Failed is a response with a status and no data.
func (s *SMB) Failed(command uint16, status uint32) []byte {
	return s.header(command, s.Flags|smbFromServer, status, s.Tree, []byte{9, 0, 0, 0, 0, 0, 0, 0, 0})
}

// HashFailed is a failed response to a request for hashes.
func (s *SMB) HashFailed(status uint32) []byte { return s.Failed(smbIOCTL, status) }

func utf16Bytes(text string) (b []byte) {
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// Connect is a TREE_CONNECT to a share such as \\server\share, with its response.
func (s *SMB) Connect(share string, tree uint32) (ask, answer []byte) {
	le := binary.LittleEndian
	name := utf16Bytes(share)
	body := le.AppendUint16([]byte{9, 0, 0, 0}, smbHeader+8)
	body = append(le.AppendUint16(body, uint16(len(name))), name...)
	s.Tree = 0
	ask = s.ask(smbTreeConnect, body)
	s.Tree = tree
	return ask, s.answer(smbTreeConnect, tree, []byte{16, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 1, 0x1f, 0})
}

// Create opens a file of that length, with its response.
func (s *SMB) Create(name string, id [16]byte, size uint64) (ask, answer []byte) {
	le := binary.LittleEndian
	text := utf16Bytes(name)
	body := append([]byte{57, 0, 0, 0}, make([]byte, 40)...)
	le.PutUint32(body[24:], 0x120089) // read
	le.PutUint32(body[32:], 7)
	le.PutUint32(body[36:], 1) // open
	body = le.AppendUint16(le.AppendUint16(body, smbHeader+56), uint16(len(text)))
	body = append(append(body, make([]byte, 8)...), text...)
	ask = s.ask(smbCreate, body)
	body = append([]byte{89, 0, 0, 0, 1, 0, 0, 0}, make([]byte, 80)...)
	le.PutUint64(body[40:], size)
	le.PutUint64(body[48:], size)
	copy(body[64:], id[:])
	return ask, s.answer(smbCreate, s.Tree, body)
}

// Shut closes a file, with its response.
func (s *SMB) Shut(id [16]byte) (ask, answer []byte) {
	ask = s.ask(smbClose, append([]byte{24, 0, 0, 0, 0, 0, 0, 0}, id[:]...))
	return ask, s.answer(smbClose, s.Tree, append([]byte{60, 0}, make([]byte, 58)...))
}

// ReadHash is an IOCTL with FSCTL_SRV_READ_HASH, with its response.
func (s *SMB) ReadHash(id [16]byte, in, out []byte) (ask, answer []byte) {
	le := binary.LittleEndian
	head := func(size uint16) []byte {
		b := le.AppendUint16(le.AppendUint16(nil, size), 0)
		return append(le.AppendUint32(b, smbReadHash), id[:]...)
	}
	body := le.AppendUint32(le.AppendUint32(head(57), smbHeader+56), uint32(len(in)))
	body = append(body, make([]byte, 12)...)
	body = le.AppendUint32(body, 65536)
	body = append(append(le.AppendUint32(body, 1), 0, 0, 0, 0), in...)
	ask = s.ask(smbIOCTL, body)
	body = le.AppendUint32(le.AppendUint32(head(49), smbHeader+48), 0)
	body = le.AppendUint32(le.AppendUint32(body, smbHeader+48), uint32(len(out)))
	return ask, s.answer(smbIOCTL, s.Tree, append(append(body, make([]byte, 8)...), out...))
}

// ReadFile is a READ of a file, with its response.
func (s *SMB) ReadFile(id [16]byte, offset uint64, data []byte) (ask, answer []byte) {
	le := binary.LittleEndian
	body := le.AppendUint32([]byte{49, 0, 0x50, 0}, uint32(len(data)))
	body = append(le.AppendUint64(body, offset), id[:]...)
	ask = s.ask(smbRead, append(body, make([]byte, 17)...))
	body = le.AppendUint32([]byte{17, 0, smbHeader + 16, 0}, uint32(len(data)))
	return ask, s.answer(smbRead, s.Tree, append(append(body, make([]byte, 8)...), data...))
}

// Write is a WRITE to a file.
func (s *SMB) Write(id [16]byte, offset uint64, data []byte) (ask, answer []byte) {
	le := binary.LittleEndian
	body := le.AppendUint32([]byte{49, 0, smbHeader + 48, 0}, uint32(len(data)))
	body = append(le.AppendUint64(body, offset), id[:]...)
	ask = s.ask(smbWrite, append(append(body, make([]byte, 16)...), data...))
	body = le.AppendUint32([]byte{17, 0, 0, 0}, uint32(len(data)))
	return ask, s.answer(smbWrite, s.Tree, append(body, make([]byte, 9)...))
}

// HashRequest is the input of FSCTL_SRV_READ_HASH for Content Information of that version
// (MS-SMB2 2.2.31.2).
func HashRequest(version uint32, offset uint64) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, 1), version), version)
	return le.AppendUint64(le.AppendUint32(b, 1<<16), offset)
}

// HashFile is the Content Information File of a content: HASH_HEADER (MS-SMB2
// 2.2.32.4.1) and Content Information.
func (c *Content) HashFile() []byte {
	le := binary.LittleEndian
	version, length := uint32(1), uint32(len(c.Information))
	if c.Information[1] == 2 {
		version, length = 2, 0
	}
	b := le.AppendUint32(le.AppendUint32(nil, 1), version)
	b = le.AppendUint64(le.AppendUint64(b, 0x01da_0000_0000_0000), uint64(len(c.Bytes)))
	b = le.AppendUint32(le.AppendUint32(b, length), 36)
	return append(append(b, 0, 0, 0, 0), c.Information...)
}

// HashBased is a response with a part of the Content Information File, at that offset
// (MS-SMB2 2.2.32.4.2).
func HashBased(offset uint64, part []byte) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(le.AppendUint64(nil, offset), uint32(len(part)))
	return append(append(b, 0, 0, 0, 0), part...)
}

// FileBased is a response for the whole content (MS-SMB2 2.2.32.4.3).
func (c *Content) FileBased() []byte {
	le := binary.LittleEndian
	part := c.HashFile()
	b := le.AppendUint64(le.AppendUint64(nil, 0), uint64(len(c.Bytes)))
	b = append(le.AppendUint32(b, uint32(len(part))), 0, 0, 0, 0)
	return append(b, part...)
}

// SMBFile is the FileId in SMBStory.
var SMBFile = [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 0xff, 9}

// SMBStory is a client that asks a file server for the hashes of \\files\share\dir\a file.bin,
// of version 1.0 in so many pieces, and reads two parts of the file.
func SMBStory(c *Conn, version, pieces int) *Content {
	content := NewContent(uint64(version), 300_000, version)
	s := &SMB{Session: 0x400000000041}
	say := func(ask, answer []byte) {
		c.Send(NetBIOS(ask)).Reply(NetBIOS(answer))
	}
	say(s.Connect(`\\files\share`, 5))
	say(s.Create(`dir\a file.bin`, SMBFile, uint64(len(content.Bytes))))
	if version == 2 {
		say(s.ReadHash(SMBFile, HashRequest(2, 0), content.FileBased()))
	} else {
		whole := content.HashFile()
		for i := range pieces {
			from, to := len(whole)*i/pieces, len(whole)*(i+1)/pieces
			say(s.ReadHash(SMBFile, HashRequest(1, uint64(from)), HashBased(uint64(from), whole[from:to])))
		}
	}
	say(s.ReadFile(SMBFile, 65536, content.Bytes[65536:][:70000]))
	say(s.Write(SMBFile, 0, content.Bytes[:5000]))
	say(s.ReadFile(SMBFile, 0, content.Bytes[:20]))
	say(s.Shut(SMBFile))
	say(s.ReadFile(SMBFile, 0, content.Bytes[:20])) // of a file that is not open
	return content
}
