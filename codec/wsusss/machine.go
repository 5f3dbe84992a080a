package wsusss

import (
	"slices"
	"strconv"

	"github.com/hostedcache/pchc/codec/soapfault"
)

// Context is how the two servers are configured. What is nil or "" is not known, and
// shows no violation.
type Context struct {
	DSS struct {
		Replica     *bool  `json:"replica"`
		CatalogOnly *bool  `json:"catalog_only"` // CatalogOnlySync
		Version     string `json:"version"`
	} `json:"dss"`
	USS struct {
		Version string `json:"version"`
	} `json:"uss"`
}

// phase is a phase of MS-WSUSSS 3.2.4.
type phase uint8

const (
	authorization phase = 1 + iota
	metadata
	deployments
	content
	reporting
)

var phases = map[string]phase{
	"GetAuthConfig": authorization, "GetAuthorizationCookie": authorization, "GetCookie": authorization,
	"GetConfigData": metadata, "GetRevisionIdList": metadata, "GetUpdateData": metadata, "GetUpdateDecryptionData": metadata,
	"GetDriverIdList": metadata, "GetDriverSetData": metadata, "GetRelatedRevisionsForUpdates": metadata,
	"GetDeployments": deployments,
	"ContentGet":     content, "DownloadFiles": content,
	"GetRollupConfiguration": reporting, "RollupDownstreamServers": reporting, "RollupComputers": reporting,
	"GetOutOfSyncComputers": reporting, "RollupComputerStatus": reporting,
}

// maxDigests is how many files DownloadFiles asks for at most (MS-WSUSSS 3.1.4.11).
const maxDigests = 100

// anchors are the calls that send one: the anchors of configuration, of updates
// (both with and without GetConfig) and of deployments.
var anchors = []string{"GetConfigData", "GetRevisionIdList", "GetRevisionIdList GetConfig", "GetDeployments"}

// Machine checks the order of the calls of one DSS against MS-WSUSSS 3.2.4. It is a
// pure function of its Context and events. A rule is reported once, where it is first
// broken; what is certain only with more than the events show is not reported.
type Machine struct {
	context Context
	n       int // events
	breaks  soapfault.Breaks

	cookie *soapfault.GivenCookie // the newest, nil for none

	// Of the current synchronisation, which begins with GetAuthConfig.
	synchronises bool
	asked        [2]bool             // GetAuthConfig, GetAuthorizationCookie
	done         [reporting + 1]bool // phases that have begun
	early        int                 // the first event of a later phase than was due, -1 for none
	earlyDetail  string

	downloads bool  // there was content, perhaps for an earlier synchronisation
	missing   []int // if the events are complete, the phase order is broken here

	faulty *soapfault.Event // the fault that the next event has to react to
	ended  bool             // the session ended, or its last event was a fault
	unset  []string         // calls that must send no anchor the next time: there was a ServerChanged
}

// NewMachine returns a Machine for a DSS and a USS that are configured so.
func NewMachine(c Context) *Machine {
	return &Machine{context: c, breaks: soapfault.NewBreaks(requirements), early: -1}
}

// Breaks returns what is broken so far, in the order of the events.
func (m *Machine) Breaks() []soapfault.Break { return m.breaks.List() }

// Complete says that no more events come and that none is missing, so that phases
// which are left out are known to be.
func (m *Machine) Complete() {
	for _, at := range m.missing {
		m.breaks.Add(RulePhaseOrder, at, "a new synchronisation begins before the phases of the last one are over")
	}
	if !m.synchronises || m.ended {
		return
	}
	if m.early >= 0 {
		m.breaks.Add(RulePhaseOrder, m.early, m.earlyDetail)
	}
	if m.unfinished() {
		m.breaks.Add(RulePhaseOrder, m.n, "a phase of the synchronisation is left out")
	}
}

// unfinished reports whether the synchronisation lacks a phase that it needs.
// Content is not counted: perhaps no update has files.
func (m *Machine) unfinished() bool {
	dss, uss := m.reports()
	return !m.done[metadata] || m.isReplica() && !m.done[deployments] || dss && uss && !m.done[reporting]
}

func (m *Machine) isReplica() bool { return m.context.DSS.Replica != nil && *m.context.DSS.Replica }

// reports reports whether the DSS and the USS are known to have versions with
// reports.
func (m *Machine) reports() (dss, uss bool) {
	has := func(s string) bool {
		v, err := ParseVersion(s)
		return err == nil && v.Reports()
	}
	return has(m.context.DSS.Version), has(m.context.USS.Version)
}

// Event takes the next event. It returns false, and takes no notice of it, where the
// operation is none of MS-WSUSSS.
func (m *Machine) Event(e soapfault.Event) bool {
	at := m.n
	m.n++
	if e.Op == "Stop" {
		m.faulty, m.ended = nil, true
		return true
	}
	p := phases[e.Op]
	if p == 0 {
		return false
	}
	restarts := m.react(&e, at) || m.ended
	m.ended = false
	switch p {
	case authorization:
		m.authorization(&e, at, restarts)
	case metadata:
		m.metadata(&e, at)
	case deployments:
		m.deployments(&e, at)
	case content:
		m.content(&e, at)
	case reporting:
		m.reporting(&e, at)
	}
	m.anchor(&e, at)
	if e.Out == "fault" && e.Op != "ContentGet" { // which is not SOAP
		m.fault(&e)
	}
	return true
}

// react holds an event against the fault before it, and reports whether it is the
// restart that this asks for.
func (m *Machine) react(e *soapfault.Event, at int) (restarts bool) {
	f := m.faulty
	if f == nil {
		return false
	}
	r, _ := React(f.Fault)
	name := f.Fault + " to " + f.Op
	var wrong string
	switch r.Action {
	case soapfault.Restart:
		if e.Op == "GetAuthConfig" {
			restarts = true
		} else {
			wrong = "after " + name + " the DSS must begin again, with GetAuthConfig"
		}
	case soapfault.Stop:
		wrong = "after " + name + " the DSS must stop"
	case soapfault.Retry:
		switch {
		case e.Op == "ContentGet" && f.Op != "DownloadFiles": // runs beside
			return false
		case e.Op != f.Op:
			wrong = "after " + name + " the DSS must make that call again, or stop"
		case f.Fault == "InvalidParameters" && sameParameters(e, f):
			wrong = "after " + name + " the DSS must have other parameters, or stop"
		}
	}
	m.faulty = nil
	if wrong != "" && m.cookie == nil {
		m.cookie = &soapfault.GivenCookie{} // any: what follows from this tells nothing new
	}
	switch {
	case wrong == "":
	case f.Fault == "":
		m.breaks.Add(RuleFaultNoCodeStop, at, "after a fault without an ErrorCode to "+f.Op+" the DSS must stop")
	default:
		m.breaks.AddLevel(RuleFaultReact, soapfault.Must, at, wrong)
	}
	return restarts
}

// sameParameters reports whether two calls of one operation are not known to differ.
func sameParameters(x, y *soapfault.Event) bool {
	if (x.Anchor == nil) != (y.Anchor == nil) || x.Anchor != nil && *x.Anchor != *y.Anchor {
		return false
	}
	return x.GetConfig == y.GetConfig && x.Count == y.Count && x.Cookie == y.Cookie && x.Vector == y.Vector
}

// fault takes a fault.
func (m *Machine) fault(e *soapfault.Event) {
	m.ended = true
	r, ok := React(e.Fault)
	if !ok {
		return
	}
	if r.DropCookie {
		m.cookie = nil
	}
	switch r.Action {
	case soapfault.Reset:
		m.unset = slices.Clone(anchors)
	case soapfault.Restart, soapfault.Retry, soapfault.Stop:
		m.faulty = e
	}
}

// authorization takes a call of phase 1.
func (m *Machine) authorization(e *soapfault.Event, at int, restarts bool) {
	if e.Op == "GetAuthConfig" {
		if m.synchronises && !restarts && m.unfinished() {
			m.missing = append(m.missing, at)
		}
		m.synchronises, m.cookie, m.early = true, nil, -1
		m.asked, m.done = [2]bool{true}, [reporting + 1]bool{}
		return
	}
	m.synchronises = true
	expired := m.cookie != nil && m.cookie.Expired(e.Time)
	switch i := map[string]int{"GetAuthorizationCookie": 0, "GetCookie": 1}[e.Op]; {
	case (m.done[metadata] || m.done[deployments]) && !expired:
		m.breaks.Add(RulePhaseOrder, at, e.Op+" comes after metadata")
	case !m.asked[i]:
		m.breaks.Add(RuleCallOrder, at, e.Op+" comes before "+[]string{"GetAuthConfig", "GetAuthorizationCookie"}[i])
	}
	if e.Out == "fault" {
		return
	}
	if e.Op == "GetAuthorizationCookie" {
		m.asked[1] = true
		return
	}
	if m.cookie = e.GivesCookie; m.cookie == nil {
		m.breaks.Add(RuleAuthorizationGetsCookie, at, "GetCookie gives no cookie")
		m.cookie = &soapfault.GivenCookie{} // any
	}
}

// uses checks the cookie of a call.
func (m *Machine) uses(e *soapfault.Event, at int) {
	switch c := m.cookie; {
	case c == nil:
		m.breaks.Add(RulePhaseOrder, at, e.Op+" comes before GetCookie has given a cookie")
		m.cookie = &soapfault.GivenCookie{} // any
	case e.Cookie == "":
		m.breaks.Add(RuleMetadataUsesCookie, at, e.Op+" has no cookie")
	case c.ID != "" && e.Cookie != c.ID:
		m.breaks.Add(RuleMetadataUsesCookie, at, e.Op+" has another cookie than GetCookie gave")
	case c.Expired(e.Time):
		m.breaks.Add(RuleNoExpiredCookie, at, "the cookie has expired at "+c.Expiration.Text)
	}
}

// comes takes note that a call of a phase comes, and reports what came too early.
func (m *Machine) comes(p phase) {
	m.done[p] = true
	if m.early >= 0 {
		m.breaks.Add(RulePhaseOrder, m.early, m.earlyDetail)
		m.early = -1
	}
}

// ahead takes note of a call that is too early if the synchronisation is still to
// get to the phases before it. (Content may be that of an earlier one, and reports
// have a time of their own.)
func (m *Machine) ahead(e *soapfault.Event, at int) {
	if !m.synchronises || m.early >= 0 {
		return
	}
	switch {
	case !m.done[metadata]:
		m.early, m.earlyDetail = at, e.Op+" comes before metadata"
	case m.isReplica() && !m.done[deployments]:
		m.early, m.earlyDetail = at, e.Op+" comes before deployments, and the DSS is a replica"
	}
}

func (m *Machine) metadata(e *soapfault.Event, at int) {
	m.synchronises = true
	m.uses(e, at)
	if m.done[deployments] {
		m.breaks.Add(RulePhaseOrder, at, e.Op+" comes after deployments")
	}
	if !m.done[metadata] {
		m.comes(metadata)
	}
}

func (m *Machine) deployments(e *soapfault.Event, at int) {
	m.synchronises = true
	switch {
	case m.context.DSS.Replica != nil && !*m.context.DSS.Replica:
		m.breaks.Add(RuleDeploymentsReplicaOnly, at, "the DSS is no replica")
	case m.cookie != nil && !m.done[metadata]:
		m.breaks.Add(RulePhaseOrder, at, e.Op+" comes before metadata")
	}
	m.uses(e, at)
	m.comes(deployments)
}

func (m *Machine) content(e *soapfault.Event, at int) {
	if m.context.DSS.CatalogOnly != nil && *m.context.DSS.CatalogOnly {
		m.breaks.Add(RuleContentNotCatalogOnly, at, "CatalogOnlySync is TRUE")
	}
	if e.Op == "DownloadFiles" {
		m.uses(e, at)
		if e.Count > maxDigests {
			m.breaks.Add(RuleMaxDigests, at, "DownloadFiles has "+strconv.Itoa(e.Count)+" files")
		}
	}
	if !m.downloads {
		m.ahead(e, at)
	}
	m.downloads = m.downloads || m.early < 0
	m.done[content] = true
}

func (m *Machine) reporting(e *soapfault.Event, at int) {
	dss, uss := m.reports()
	switch c := &m.context; {
	case c.DSS.Version != "" && !dss:
		m.breaks.Add(RuleReportingVersion, at, "the DSS has version "+c.DSS.Version)
	case c.USS.Version != "" && !uss:
		m.breaks.Add(RuleReportingVersion, at, "the USS has version "+c.USS.Version)
	}
	m.ahead(e, at)
	m.done[reporting] = true
}

// anchor checks that a call sends no anchor after ServerChanged.
func (m *Machine) anchor(e *soapfault.Event, at int) {
	name := e.Op
	if e.GetConfig {
		name += " GetConfig"
	}
	i := slices.Index(m.unset, name)
	if i < 0 {
		return
	}
	if e.Anchor != nil {
		m.breaks.AddLevel(RuleFaultReact, soapfault.Must, at, "after ServerChanged "+e.Op+" must send no anchor")
	}
	if e.Out != "fault" {
		m.unset = slices.Delete(m.unset, i, i+1)
	}
}
