package main

import (
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/neighbours"
)

// isUpdate reports whether an event is a message to or from an update service.
func isUpdate(e *capture.Event) bool {
	return (e.Protocol == capture.WUSP || e.Protocol == capture.WSUSSS) && (e.Kind == capture.Request || e.Kind == capture.Response)
}

// update appends a message of an update service.
func (l *lister) update(dst []byte, e *capture.Event) ([]byte, message.Verdict) {
	var m *neighbours.Message
	if e.Kind == capture.Request {
		l.exchanges[e.Protocol]++
		m = neighbours.ReadRequest(e.Protocol.String(), e.Body)
	} else {
		m = neighbours.ReadResponse(e.Protocol.String(), e.Body)
	}
	n := message.Neighbour{Name: m.Kind, Body: e.Body, Fields: m.Fields, Violations: m.Violations, Notes: m.Notes}
	return l.printer.Neighbour(dst, &n, &e.Place)
}
