package pccrtp

import (
	"strings"

	"github.com/hostedcache/pchc/pccrc"
)

const responseName = "HTTP response"

// ResponseHeader has the values of the fields of a response, "" for one that is not
// there.
type ResponseHeader struct {
	ContentEncoding, PeerDist, PeerDistEx string
	Validator                             bool // it has ETag or Last-Modified
}

// Response is what the fields of a response say.
type Response struct {
	Encoded    bool // the body is Content Information
	PeerDist   PeerDist
	PeerDistEx PeerDistEx
	Validator  bool // ETag or Last-Modified
}

// NewResponse returns the fields of a response whose body is Content Information
// for so many bytes of content, in answer to r. Its Content-Length is the length of
// the Content Information.
func NewResponse(r Request, contentLength uint64) Response {
	encoding, _, _ := r.Negotiate()
	return Response{Encoded: true, PeerDist: PeerDist{Version: encoding, HasContentLength: true, ContentLength: contentLength}, Validator: true}
}

// DecodeResponse reads the fields of a response. The error, if any, is an *Error
// for the first format rule that they violate.
func DecodeResponse(h ResponseHeader) (Response, error) {
	var format finding
	r := h.read(&format, nil)
	if format.found {
		return Response{}, format.err(responseName, false)
	}
	return r, nil
}

// CheckSenderRules returns an *Error for the first sender rule that the fields
// violate, and nil if they violate none.
func (h ResponseHeader) CheckSenderRules() error {
	var format, sender finding
	h.read(&format, &sender)
	return sender.err(responseName, true)
}

func (h *ResponseHeader) read(format, sender *finding) Response {
	var first, second reading
	encoded, only := encodes(h.ContentEncoding)
	if encoded && !only {
		format.add(fieldEncoding, pccrc.ErrorFields{Rule: RuleContentEncoding, Field: "Content-Encoding", Detail: "has codings beside peerdist"})
	}
	first.read(h.PeerDist, fieldPeerDist, peerDistParameters[:], true, format, sender)
	second.read(h.PeerDistEx, fieldPeerDistEx, peerDistExParameters[:], true, format, sender)
	r := Response{encoded && only, first.peerDist(), second.peerDistEx(), h.Validator}
	if sender == nil || !r.Encoded {
		return r
	}
	for i := range 2 {
		if first.at[i] < 0 {
			sender.add(fieldPeerDist, absent(RuleContentLength, "X-P2P-PeerDist", peerDistParameters[i].path, h.PeerDist))
		}
	}
	if !h.Validator {
		sender.add(fieldValidator, pccrc.ErrorFields{Rule: RuleValidator, Field: "ETag", Detail: "missing, and so is Last-Modified"})
	}
	return r
}

// encodes reports whether the value of a Content-Encoding field lists peerdist, and
// whether nothing else; identity does not count.
func encodes(value string) (listed, only bool) {
	only = true
	for coding := range strings.SplitSeq(value, ",") {
		switch coding = trim(coding); {
		case equalFold(coding, Coding):
			only = only && !listed
			listed = true
		case coding != "" && !equalFold(coding, "identity"):
			only = false
		}
	}
	return listed, only
}

// CheckLength returns an *Error that violates [RuleContentLength] unless
// ContentLength is the length in bytes of the content range that the body
// describes. A response without ContentLength is for CheckSenderRules.
func (r Response) CheckLength(contentRange uint64) error {
	if !r.PeerDist.HasContentLength || r.PeerDist.ContentLength == contentRange {
		return nil
	}
	return failed(pccrc.NewError(pccrc.ErrorFields{Rule: RuleContentLength, Sender: true, Message: responseName, Field: peerDistParameters[1].path,
		Value: r.PeerDist.ContentLength, Detail: "is %, not the length of the content range"}))
}

// CheckVersion returns an *Error that violates [RuleVersion] if Version is higher
// than that of the request that it answers, and nil if it is not.
func (r Response) CheckVersion(request Request) error {
	if r.PeerDist.Version.Compare(request.PeerDist.Version) <= 0 || request.PeerDist.Version == (Version{}) {
		return nil
	}
	return failed(pccrc.NewError(pccrc.ErrorFields{Rule: RuleVersion, Sender: true, Message: responseName, Field: peerDistParameters[0].path,
		Detail: "is higher than that of the request"}))
}
