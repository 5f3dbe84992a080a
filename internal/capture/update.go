package capture

import (
	"bytes"
	"fmt"
)

// SOAP calls to update services (MS-WUSP, MS-WSUSSS), by the header field SOAPAction,
// or without it by their paths.

// updatePaths are how the paths of the services end. The reporting service is one of
// both protocols; without SOAPAction it is taken to be that of clients.
var updatePaths = [...]struct {
	path     []byte
	protocol Protocol
}{
	{[]byte("/ClientWebService/Client.asmx"), WUSP},
	{[]byte("/SimpleAuthWebService/SimpleAuth.asmx"), WUSP},
	{[]byte("/ReportingWebService/ReportingWebService.asmx"), WUSP},
	{[]byte("/ServerSyncWebService/ServerSyncWebService.asmx"), WSUSSS},
	{[]byte("/DssAuthWebService/DssAuthWebService.asmx"), WSUSSS},
}

var soapAction = []byte("SOAPAction")

// isUpdate reports whether p is a protocol of update services.
func (p Protocol) isUpdate() bool { return p == WUSP || p == WSUSSS }

// updateOf returns the protocol of a POST to an update service, 0 for none.
func (o *Options) updateOf(path, action []byte) Protocol {
	if !o.Updates {
		return 0
	}
	const (
		space     = "http://www.microsoft.com/SoftwareDistribution/"
		ofClients = "Server/ClientWebService/"
		ofLogin   = "Server/SimpleAuthWebService/"
		ofServers = "Server/DssAuthWebService/"
	)
	if rest, ok := bytes.CutPrefix(bytes.Trim(action, `"`), []byte(space)); ok {
		switch {
		case bytes.HasPrefix(rest, []byte(ofClients)), bytes.HasPrefix(rest, []byte(ofLogin)), string(rest) == "ReportEventBatch":
			return WUSP
		case bytes.HasPrefix(rest, []byte(ofServers)), bytes.IndexByte(rest, '/') < 0:
			return WSUSSS
		}
	}
	for i := range updatePaths {
		p := &updatePaths[i]
		if n := len(path) - len(p.path); n >= 0 && bytes.EqualFold(path[n:], p.path) {
			return p.protocol
		}
	}
	return 0
}

// carriesFault reports whether a response has a body of its protocol although its
// status tells of a failure: a SOAP fault has status 500 (SOAP 1.1 6.2).
func (e *exchange) carriesFault(status int) bool { return status == 500 && e.protocol.isUpdate() }

// isCoded reports whether a body of an update service has a coding, with which it is
// not read, and says so.
func (c *conn) isCoded(i int, e *exchange, h *fields) bool {
	if !e.protocol.isUpdate() || !e.ours || len(h.encoding) == 0 || bytes.EqualFold(h.encoding, identity) {
		return false
	}
	f := &c.halves[i].http
	c.problem(i, &f.at, e, fmt.Sprintf("the body of this HTTP %s is not read: it has Content-Encoding %.100q", f.role.message(), h.encoding))
	return true
}
