package wusp

import (
	"slices"
	"strings"

	"github.com/hostedcache/pchc/codec/soapfault"
)

// Context is what a client has before the first event.
type Context struct {
	CachedConfig        bool                   `json:"cached_config"`
	CachedCookie        *soapfault.GivenCookie `json:"cached_cookie"`
	Registered          bool                   `json:"registered"`
	RegistrationChanged bool                   `json:"registration_changed"`
	// PendingFault is the ErrorCode of the fault that ended the last synchronisation,
	// "" for none.
	PendingFault string `json:"pending_fault"`
}

// The steps of a session in the order of the figure in MS-WUSP 3.1.5.
const (
	stepSelfUpdate = 1 + iota
	stepConfig
	stepAuthorization
	stepCookie
	stepRegister
	stepScan
	stepMetadata
)

var steps = map[string]int{
	"SelfUpdateCheck": stepSelfUpdate,
	"GetConfig":       stepConfig, "GetConfig2": stepConfig,
	"GetAuthorizationCookie": stepAuthorization,
	"GetCookie":              stepCookie,
	"RegisterComputer":       stepRegister,
	"StartCategoryScan":      stepScan,
	"SyncUpdates":            stepMetadata, "SyncPrinterCatalog": stepMetadata, "RefreshCache": stepMetadata,
	"GetExtendedUpdateInfo": stepMetadata, "GetExtendedUpdateInfo2": stepMetadata, "GetFileLocations": stepMetadata,
}

// owed is a call that a recovery still needs.
type owed struct {
	op, code string
	level    soapfault.Level
}

// Machine checks the order of the calls of one client against MS-WUSP 3.2.5. It is a
// pure function of its Context and events. A rule is reported once, where it is first
// broken; what is certain only with more than the events show is not reported.
type Machine struct {
	n      int // events
	breaks soapfault.Breaks

	config       bool                   // the result of GetConfig is there
	cookie       *soapfault.GivenCookie // the newest, nil for none
	dead         []string               // cookies that the server refused
	registered   bool
	changed      bool // the registration data
	mustRegister bool // GetConfig said so

	step       int    // the latest of the session
	last       string // the operation of it
	authorized bool   // there was a GetAuthorizationCookie that no GetCookie has used
	renews     bool   // there was a fault, so that cookies are asked for again
	drivers    bool   // SyncUpdates has come to drivers
	downloaded map[string]bool

	owed  []owed // the recovery
	later bool   // its fault was in an earlier session
	lost  bool   // a recovery was not done: what follows from that tells nothing new
}

// NewMachine returns a Machine for a client with that context.
func NewMachine(c Context) *Machine {
	m := &Machine{
		breaks: soapfault.NewBreaks(requirements), config: c.CachedConfig, cookie: c.CachedCookie,
		registered: c.Registered, changed: c.RegistrationChanged, downloaded: map[string]bool{},
	}
	if c.PendingFault != "" {
		m.fault(&soapfault.Event{Fault: c.PendingFault})
		m.stop()
	}
	return m
}

// Breaks returns what is broken so far, in the order of the events.
func (m *Machine) Breaks() []soapfault.Break { return m.breaks.List() }

// Event takes the next event. It returns false, and takes no notice of it, where the
// operation is none of MS-WUSP.
func (m *Machine) Event(e soapfault.Event) bool {
	at := m.n
	m.n++
	switch e.Op {
	case "Stop":
		m.stop()
		return true
	case "ContentGet":
		m.content(&e, at)
		return true
	case "Install":
		if !m.downloaded[e.File] {
			m.breaks.Add(RuleInstall, at, "a file is installed before its download is complete")
		}
		return true
	case "ReportEventBatch": // at any time
		if e.Out == "fault" {
			m.fault(&e)
		}
		return true
	}
	step := steps[e.Op]
	if step == 0 {
		return false
	}
	recovers := m.recover(&e, step, at)
	if !recovers {
		m.order(&e, step, at)
	}
	if step >= stepRegister {
		m.uses(&e, at)
	}
	if step > m.step {
		m.step, m.last = step, e.Op
	}
	if e.Out == "fault" {
		m.fault(&e)
		return true
	}
	if recovers {
		m.owed = m.owed[1:]
	}
	m.succeed(&e)
	return true
}

// recover holds a call against the recovery that is due, and reports whether it is
// its next step.
func (m *Machine) recover(e *soapfault.Event, step, at int) bool {
	if len(m.owed) == 0 {
		return false
	}
	next := m.owed[0]
	switch {
	case e.Op == next.op || e.Op == "GetConfig2" && next.op == "GetConfig":
		return true
	case m.later && step < steps[next.op], // the new session gets to it
		m.mustRegister && step == stepRegister && next.op == "RefreshCache":
		return false
	}
	rule := RuleRecoverySteps
	if m.later && next.op == "GetConfig" {
		rule = RuleOmitGetConfig
	}
	m.breaks.AddLevel(rule, next.level, at, "after "+next.code+" "+next.op+" is due, not "+e.Op)
	m.owed, m.config, m.lost = nil, true, true
	return false
}

// order holds a call against the figure, and against what may be left out.
func (m *Machine) order(e *soapfault.Event, step, at int) {
	if step > stepConfig && !m.config {
		m.breaks.Add(RulePhaseOrder, at, e.Op+" comes before any GetConfig, whose result is not cached")
		m.config = true
	}
	if m.lost {
		return
	}
	late := func() { m.breaks.Add(RulePhaseOrder, at, e.Op+" comes after "+m.last) }
	switch step {
	case stepSelfUpdate, stepConfig, stepScan:
		if m.step > step {
			late()
		}
	case stepAuthorization:
		m.omits(e, at)
	case stepCookie:
		if !m.authorized {
			m.breaks.Add(RulePhaseOrder, at, "GetCookie comes before GetAuthorizationCookie")
			return
		}
		m.omits(e, at)
	case stepRegister:
		switch {
		case m.registered && !m.changed && !m.mustRegister:
			m.breaks.Add(RuleRegisterOnce, at, "the client has registered, its data has not changed, and nobody asks for it")
		case m.step > step:
			late()
		}
	case stepMetadata:
		if e.Op != "SyncUpdates" {
			m.drivers = false
			return
		}
		if m.drivers && !e.DriverPass {
			m.breaks.Add(RulePhaseOrder, at, "SyncUpdates for software comes after that for drivers")
		}
		m.drivers = e.DriverPass
	}
}

// omits checks that there is a reason to ask for a cookie.
func (m *Machine) omits(e *soapfault.Event, at int) {
	if c := m.cookie; c != nil && !m.renews && !e.Time.Time.IsZero() && !c.Expiration.Time.IsZero() && !c.Expired(e.Time) {
		m.breaks.Add(RuleOmitCookieCalls, at, e.Op+" is called while the cookie is valid until "+c.Expiration.Text)
	}
}

// uses checks what a call after authorization relies on: a cookie, and registration.
func (m *Machine) uses(e *soapfault.Event, at int) {
	if m.mustRegister && e.Op != "RegisterComputer" && e.Op != "RefreshCache" {
		m.breaks.Add(RuleRegisterWhenRequired, at, "GetConfig asked for RegisterComputer, and "+e.Op+" is called without it")
		m.mustRegister = false
	}
	switch c := m.cookie; {
	case e.Cookie != "" && slices.Contains(m.dead, e.Cookie):
		m.breaks.AddLevel(RuleRecoverySteps, soapfault.Must, at, "a cookie that the server refused is used again")
	case c == nil && m.lost:
	case c == nil:
		m.breaks.Add(RulePhaseOrder, at, e.Op+" comes before GetCookie, and no cookie is cached")
		m.cookie = &soapfault.GivenCookie{} // any
	case e.Cookie == "":
	case c.ID != "" && e.Cookie != c.ID:
		m.breaks.Add(RuleCacheCookie, at, e.Op+" has not the newest cookie")
	case c.Expired(e.Time):
		m.breaks.Add(RuleOmitCookieCalls, at, "the cookie is used after its Expiration, "+c.Expiration.Text)
	}
}

// content takes a download.
func (m *Machine) content(e *soapfault.Event, at int) {
	if scheme, _, ok := strings.Cut(e.URL, ":"); e.URL != "" && !(ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))) {
		m.breaks.Add(RuleContentHTTP, at, "content is not downloaded over HTTP")
	}
	if e.Out != "fault" && e.Status < 400 && (e.Done == nil || *e.Done) {
		m.downloaded[e.File] = true
	}
}

// succeed takes what a call has given.
func (m *Machine) succeed(e *soapfault.Event) {
	switch steps[e.Op] {
	case stepConfig:
		m.config = true
		if e.GivesRegistrationRequired != nil {
			m.mustRegister = *e.GivesRegistrationRequired
		}
	case stepAuthorization:
		m.authorized = true
	case stepCookie:
		m.authorized, m.renews, m.lost = false, false, false
		m.cookie = &soapfault.GivenCookie{} // any, unless it is known
	case stepRegister:
		m.registered, m.changed, m.mustRegister = true, false, false
	}
	if c := e.GivesCookie; c != nil {
		m.cookie = c
		m.dead = slices.DeleteFunc(m.dead, func(id string) bool { return id == c.ID })
	}
}

// fault takes a fault, and what the client has to do after it.
func (m *Machine) fault(e *soapfault.Event) {
	m.step, m.last, m.renews, m.drivers = 0, "", true, false
	r, ok := soapfault.React(reactions, e.Fault)
	if !ok {
		return
	}
	if r.DropCookie {
		refused := e.Cookie
		if refused == "" && m.cookie != nil {
			refused = m.cookie.ID
		}
		if refused != "" {
			m.dead = append(m.dead, refused)
		}
		if m.cookie != nil && (m.cookie.ID == refused || m.cookie.ID == "") {
			m.cookie = nil
		}
	}
	if e.Fault == "RegistrationRequired" {
		m.registered = false
	}
	calls := r.Calls
	if r.Action == soapfault.Retry && steps[e.Op] != 0 {
		if len(m.owed) > 0 { // within a recovery: its step is still due
			return
		}
		calls = []string{e.Op}
	}
	// A fault within a recovery has its own; then the rest of the first is still due.
	list := make([]owed, 0, len(calls)+len(m.owed))
	for _, op := range calls {
		list = append(list, owed{op, e.Fault, r.Level})
	}
	for _, o := range m.owed {
		if !slices.Contains(calls, o.op) {
			list = append(list, o)
		}
	}
	m.owed, m.later = list, false
}

// stop ends a session. What its last fault asks for is due in the next one, but for
// a call that was only to be made again.
func (m *Machine) stop() {
	m.step, m.last, m.authorized, m.drivers = 0, "", false, false
	m.owed = slices.DeleteFunc(m.owed, func(o owed) bool {
		r, _ := soapfault.React(reactions, o.code)
		return r.Action == soapfault.Retry
	})
	m.later = len(m.owed) > 0
}
