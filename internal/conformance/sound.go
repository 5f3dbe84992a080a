package conformance

import (
	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/conversation"
)

// Nearly all messages of a capture violate nothing. The codec finds that out in a small
// part of the time of a dissection: package spec is asked only about the others, and what
// it says is what is reported. fuzz/oracle and TestSound hold the two against each other.

// isSoundRequest reports whether a request of MS-PCHC violates no rule of format and none
// for senders.
func (c *Checker) isSoundRequest(b []byte) bool {
	if c.options.thorough {
		return false
	}
	m, err := codec.DecodeRequestMessage(b)
	if err != nil {
		return false
	}
	body, err := m.DecodeBody()
	return err == nil && body.CheckSenderRules() == nil
}

// isSoundResponse reports it of the response to a request of a type, 0 if that is not
// known.
func (c *Checker) isSoundResponse(b []byte, request uint16) bool {
	_, err := codec.DecodeResponseMessage(b, codec.MessageType(request))
	return err == nil && !c.options.thorough
}

// isSoundRetrieval reports it of a message of MS-PCCRR, whose body is nil where it cannot
// be decoded.
func (c *Checker) isSoundRetrieval(m *conversation.Message, body pccrr.Body) bool {
	return !c.options.thorough && m != nil && m.Err == nil && body != nil && body.CheckSenderRules() == nil
}
