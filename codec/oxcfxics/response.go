package oxcfxics

import "encoding/binary"

// ResponseLen is the length in bytes of a response.
const ResponseLen = 6

// Values of ReturnValue for state that does not decode (R3391).
const (
	Success     = 0x00000000
	RpcFormat   = 0x000004B6 // what a server should return
	FormatError = 0x000004ED // what a server may return
)

// Response is the response to one of the ROPs of [Request].
type Response struct {
	RopID       RopID
	HandleIndex uint8 // OutputHandleIndex of the request if it has one, otherwise InputHandleIndex
	ReturnValue uint32
}

// DecodeResponse decodes b, the response of one ROP and nothing else. The error, if
// any, is an *Error for the first format rule that b violates.
func DecodeResponse(b []byte) (Response, error) {
	var r Response
	name := "ROP"
	if len(b) > 0 {
		r.RopID = RopID(b[0])
		name = r.RopID.String()
	}
	switch {
	case len(b) > 0 && r.RopID.fixedLen() == 0:
		return Response{}, failed(Error{RuleRopUnknown, "ROP", 0, uint64(b[0]), "RopId # is not of a synchronization"})
	case len(b) < ResponseLen:
		return Response{}, failed(Error{RuleRopTruncated, name, 0, uint64(len(b)), "response has % bytes, must have 6"})
	case len(b) > ResponseLen:
		return Response{}, failed(Error{RuleRopTrailing, name, ResponseLen, uint64(len(b) - ResponseLen), "% bytes follow the response"})
	}
	r.HandleIndex, r.ReturnValue = b[1], binary.LittleEndian.Uint32(b[2:])
	return r, nil
}

// AppendBinary appends the response to dst. The error, if any, is an *Error, and dst is
// returned as it was.
func (r Response) AppendBinary(dst []byte) ([]byte, error) {
	if r.RopID.fixedLen() == 0 {
		return dst, failed(Error{RuleRopUnknown, "ROP", 0, uint64(r.RopID), "RopId # is not of a synchronization"})
	}
	return binary.LittleEndian.AppendUint32(append(dst, byte(r.RopID), r.HandleIndex), r.ReturnValue), nil
}
