package exec

import (
	"sync"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// handshakeProbes are messages of which even a faulty decoder understands one. The
// answers to the first ones are unique.
var handshakeProbes = sync.OnceValue(func() []target.Case {
	return []target.Case{
		handshakeProbe(spec.Request, "\x00\x01\x00\x01\x00\x00\x00\x00\x9C\x3D\x00\x00\x00\x00\x00\x00"+"is it in step with what it reads"),
		handshakeProbe(spec.Content, "\x00\x02\x04"+"a start "+"an index"+"\x00\x00\x00\x00"+"a length"+"\x00\x00\x00\x00\x44"+
			"\x00\x00\x30\x39"+"is it in step with what it reads"+"is it in step with what it reads"),
		handshakeProbe(spec.RetrievalRequest, "\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00\x44\x00\x00\x00\x01\x00\x00\x00\x20"+"is it in step with what it reads"+
			"\x00\x00\x00\x01\x00\x00\x01\x39\x00\x00\x00\x01\x00\x00\x00\x00"),
		handshakeProbe(spec.RetrievalResponse, "\x00\x00\x00\x48\x00\x00\x00\x01\x00\x00\x00\x05\x00\x00\x00\x48\x00\x00\x00\x00\x00\x00\x00\x20"+"is it in step with what it reads"+
			"\x00\x00\x01\x39\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
		handshakeProbe(spec.HashRequest, "\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00"+"stepin time."),
		handshakeProbe(spec.HashResponse, "in step!\x09\x00\x00\x00\x00\x00\x00\x00in step?!"),
		handshakeProbe(spec.Discovery, `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">`+
			`<e:Header><a:MessageID>is it in step with what it reads</a:MessageID></e:Header><e:Body><d:Probe>`+
			`<d:Types xmlns:p="http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery">p:PeerDistData</d:Types><d:Scopes>69735374657073</d:Scopes></d:Probe></e:Body></e:Envelope>`),
		handshakeProbe(spec.Response, "\x00\x00\x00\x01\x00"),
		handshakeProbe(spec.Request, "\x00"),
		handshakeProbe(spec.Content, "\x00"),
		handshakeProbe(spec.RetrievalRequest, "\x00"),
		handshakeProbe(spec.RetrievalResponse, "\x00"),
		handshakeProbe(spec.Discovery, "\x00"),
		handshakeProbe(spec.Response, "\x00"),
	}
})

func handshakeProbe(kind spec.Kind, bytes string) target.Case {
	return target.NewCase(fuzz.Message{Kind: kind, Bytes: []byte(bytes)})
}

// probe is a message with a known answer.
type probe struct {
	message target.Case
	line    []byte // as sent
	known   bool
	answer  fuzz.Difference // result of target.Judge for the answer, the zero value for nil
}

func newProbe(c *target.Case) probe {
	line, _ := c.AppendText(nil) // the kind is valid
	return probe{message: *c, line: append(line, '\n')}
}

// name names the message in a detail.
func (p *probe) name() string { return p.message.Expected.Message }

// judge returns the result of target.Judge for an answer.
func (p *probe) judge(answer []byte) fuzz.Difference {
	if d := target.Judge(p.message, answer); d != nil {
		d.Answer = "" // may differ from time to time
		return *d
	}
	return fuzz.Difference{}
}

// answered reports whether a line is the answer to the probe.
func (p *probe) answered(line []byte) bool { return p.judge(line) == p.answer }

// unique reports whether no other message has the same answer.
func (p *probe) unique() bool {
	return p.answer == fuzz.Difference{} && p.message.Expected.Valid() && p.message.Kind != spec.Response
}
