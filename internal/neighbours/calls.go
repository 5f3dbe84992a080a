package neighbours

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/hostedcache/pchc/codec/soapfault"
	"github.com/hostedcache/pchc/codec/wsusss"
	"github.com/hostedcache/pchc/codec/wusp"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// soapProtocol is what reads the messages of a protocol in a capture.
type soapProtocol struct {
	name              string
	fault             func([]byte) (soapfault.Fault, error)
	request, response func([]byte) (soapfault.Call, error)
}

var (
	soapWUSP   = soapProtocol{"wusp", wusp.DecodeFault, wusp.DecodeRequest, wusp.DecodeResponse}
	soapWSUSSS = soapProtocol{"wsusss", wsusss.DecodeFault, wsusss.DecodeRequest, wsusss.DecodeResponse}
)

func soapOf(protocol string) *soapProtocol {
	if protocol == "MS-WSUSSS" {
		return &soapWSUSSS
	}
	return &soapWUSP
}

// Message is a SOAP message in a capture.
type Message struct {
	Kind string // "wusp:request"
	Result

	call  *soapfault.Call  // nil if it is a fault, or could not be read
	fault *soapfault.Fault // likewise
	label string           // of the body
}

// ReadRequest reads the body of a request of a protocol such as "MS-WUSP".
func ReadRequest(protocol string, body []byte) *Message {
	p := soapOf(protocol)
	m := &Message{Kind: p.name + ":request", label: label(body)}
	m.read(p.request(body))
	return m
}

// ReadResponse reads the body of a response: a fault where its Body has one.
func ReadResponse(protocol string, body []byte) *Message {
	p := soapOf(protocol)
	m := &Message{Kind: p.name + ":response"}
	c, err := p.response(body)
	if e := (*soapfault.Error)(nil); !errors.As(err, &e) || e.Rule != soapfault.RuleBody {
		m.read(c, err)
		return m
	}
	f, err := p.fault(body)
	m.Kind, m.Result = p.name+":fault", soapResult(faultFields(&f), f.Notes, err)
	if err == nil {
		m.fault = &f
	}
	return m
}

func (m *Message) read(c soapfault.Call, err error) {
	m.Result = soapResult(callFields(&c), c.Notes, err)
	if err == nil {
		m.call = &c
	}
}

// label returns a label that is the same for the same bytes, and does not show them.
func label(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// Calls checks the order of the calls between a client and a server in a capture. The
// capture may begin anywhere: what was before it is taken to be in order. What is not
// certain is not reported: whether a client had to register, whatever depends on how
// servers are configured, or on their clocks.
type Calls struct {
	protocol string
	machine  *soapMachine // nil until something is known
	issued   map[string]bool
	places   []any // of the events, by their number
	reported map[string]bool
	session  bool // there were calls of metadata in it
	faulty   string
}

// maxCalls is how many calls a Calls remembers; then it begins anew.
const maxCalls = 10000

// NewCalls returns a Calls for a protocol such as "MS-WUSP".
func NewCalls(protocol string) *Calls {
	return &Calls{protocol: protocol, reported: map[string]bool{}}
}

// Lose says that calls may be missing from here on: it begins anew.
func (c *Calls) Lose() { c.machine = nil }

// CallBreak is a requirement that a call breaks.
type CallBreak struct {
	message.Entry // of the requirement
	Detail        string
	Place         any // what Call was given for the call
}

// uncertain are requirements that a capture alone does not show to be broken.
var uncertain = map[soapfault.Rule]bool{wusp.RuleRegisterOnce: true, wusp.RuleCacheCookie: true, wusp.RuleInstall: true}

// InCapture reports whether a capture shows that a requirement is violated.
func InCapture(e message.Entry) bool {
	id := soapfault.Rule(e.ID)
	clock := id == wusp.RuleOmitCookieCalls || id == wsusss.RuleNoExpiredCookie
	configured := id == wsusss.RuleDeploymentsReplicaOnly || id == wsusss.RuleContentNotCatalogOnly || id == wsusss.RuleReportingVersion
	elsewhere := id == wusp.RuleContentHTTP || id == wusp.RuleOmitGetConfig || id == wsusss.RuleVersion || id == wsusss.RuleAnchor
	soap := strings.HasPrefix(e.Section, "MS-WUSP ") || strings.HasPrefix(e.Section, "MS-WSUSSS ") || e.Class == spec.Format.String() && !strings.HasPrefix(e.Section, "MS-")
	return soap && (e.CheckedBy == CallTrace || e.CheckedBy == MessageBytes && id != wsusss.RuleFaultParse) && !uncertain[id] && !clock && !configured && !elsewhere
}

// Call takes a request with its response, and returns what it breaks.
func (c *Calls) Call(request, response *Message, place any) (broken []CallBreak) {
	answers := response.call == nil || request.call != nil && response.call.Operation == request.call.Operation+"Response"
	if request.call == nil || response.call == nil && response.fault == nil || !answers {
		c.Lose()
		return nil
	}
	e := c.event(request, response)
	if c.machine == nil || len(c.places) >= maxCalls {
		if c.protocol == "MS-WSUSSS" && e.Op != "GetAuthConfig" {
			return nil // a synchronisation of which the beginning was not captured
		}
		c.begin()
	}
	if c.newSession(&e) {
		c.take(soapfault.Event{Op: "Stop"}, nil)
		c.session = false
	}
	if e.Cookie != "" && !c.issued[e.Cookie] {
		e.Cookie = "" // from before the capture: nothing is known of it
		if c.protocol == "MS-WSUSSS" {
			c.Lose()
			return nil
		}
	}
	if e.GivesCookie != nil {
		c.issued[e.GivesCookie.ID] = true
	}
	c.session = c.session || e.Op == "SyncUpdates" || e.Op == "RefreshCache" || strings.HasPrefix(e.Op, "GetExtendedUpdateInfo") || e.Op == "GetFileLocations"
	c.faulty = e.Fault
	c.take(e, place)
	for _, b := range c.machine.breaks() {
		if c.reported[string(b.Rule)] || uncertain[b.Rule] {
			continue
		}
		c.reported[string(b.Rule)] = true
		broken = append(broken, CallBreak{entry(string(b.Rule)), b.Detail, c.places[b.At]})
	}
	return broken
}

func (c *Calls) begin() {
	c.issued, c.places, c.session, c.faulty, c.reported = map[string]bool{}, nil, false, "", map[string]bool{}
	if c.protocol == "MS-WSUSSS" {
		m := wsusss.NewMachine(wsusss.Context{})
		c.machine = &soapMachine{m.Event, m.Complete, m.Breaks}
		return
	}
	m := wusp.NewMachine(wusp.Context{CachedConfig: true, CachedCookie: &soapfault.GivenCookie{}})
	c.machine = &soapMachine{event: m.Event, breaks: m.Breaks}
}

func (c *Calls) take(e soapfault.Event, place any) {
	c.machine.event(e)
	c.places = append(c.places, place)
}

// newSession reports whether a call begins another session: a capture does not show
// where one ends. A restart that a fault asks for is none.
func (c *Calls) newSession(e *soapfault.Event) bool {
	switch e.Op {
	case "GetAuthConfig":
		r, _ := wsusss.React(c.faulty)
		return c.faulty == "" || r.Action != soapfault.Restart
	case "GetConfig", "GetConfig2", "RegisterComputer", "StartCategoryScan":
		return c.session && c.faulty == ""
	}
	return false
}

// event returns a call as an event. Its time is left out: it is that of who captured,
// and expirations are those of a server.
func (c *Calls) event(request, response *Message) soapfault.Event {
	q := request.call
	e := soapfault.Event{Op: q.Operation, Out: "ok", Vector: request.label}
	if k, ok := q.Cookie("cookie"); ok && len(k.EncryptedData) > 0 {
		e.Cookie = label(k.EncryptedData)
	}
	for _, name := range []string{"configAnchor", "Anchor", "deploymentAnchor"} {
		if f, ok := q.Field(name); ok && !f.Nil {
			e.Anchor = &f.Value
		}
	}
	if f, ok := q.Field("GetConfig"); ok {
		e.GetConfig = f.Value == "true" || f.Value == "1"
	}
	if e.Op == "DownloadFiles" {
		for _, f := range q.Fields {
			if f.Name == "base64Binary" {
				e.Count++
			}
		}
	}
	if f := response.fault; f != nil {
		e.Out, e.Fault = "fault", f.ErrorCode()
		return e
	}
	for _, k := range response.call.Cookies {
		e.GivesCookie = &soapfault.GivenCookie{ID: label(k.EncryptedData)}
	}
	if f, ok := response.call.Field("IsRegistrationRequired"); ok {
		required := f.Value == "true" || f.Value == "1"
		e.GivesRegistrationRequired = &required
	}
	return e
}

// entry returns a requirement by its id.
func entry(id string) message.Entry {
	for _, e := range Requirements() {
		if e.ID == id {
			return e
		}
	}
	return message.Entry{ID: id}
}
