package conformance

import (
	"encoding/json"
	"slices"

	"github.com/hostedcache/pchc/spec"
)

// Catalogue returns all requirements, with what shows a violation here. Those that this
// package does not check are not observable: captures do not show what a comparison with
// the reference client or server shows.
func Catalogue() []spec.Requirement {
	all := spec.Requirements()
	for i := range all {
		r := &all[i]
		switch {
		case slices.Contains(observed, r.ID):
			r.CheckedBy, r.Unobservable = spec.Conversation, ""
			continue
		case r.CheckedBy == spec.HashBytes:
			r.Unobservable = "SMB is not read"
		case r.ID == "PCCRC-2.4-bMajorVersion":
			r.Unobservable = "Content Information of another version is read as version 1.0"
		case r.ID == "PCCRD-2.2.1-Envelope", r.ID == "PCCRD-2.2.3.1-Types":
			r.Unobservable = "what violates it is a message of another protocol that uses WS-Discovery"
		case r.CheckedBy == spec.ReferenceClient, r.CheckedBy == spec.ReferenceServer:
			r.Unobservable = "a capture does not show it, a " + r.CheckedBy.String() + " does"
		default:
			continue
		}
		r.CheckedBy = spec.NotObservable
	}
	return all
}

// observed are requirements that package spec finds violated by its reference client or
// server, or not at all, and a capture shows, too.
var observed = []string{"PCCRR-3.1.2-RequestTimer", "PCCRR-3.2.2-UploadTimer", "PCCRD-2.1-Transport", "PCCRD-2.2.2-Form",
	"PCCRD-3.2.2-Backoff", "PCCRD-3.2.4.1-Match"}

// Checked returns the requirements whose violations this package finds.
func Checked() []spec.Requirement {
	return slices.DeleteFunc(Catalogue(), func(r spec.Requirement) bool {
		return r.CheckedBy == spec.NotObservable || r.CheckedBy == spec.OtherRequirement
	})
}

// ClassName is the class of a finding: "format", "sender", "behaviour", or
// "capture" for a problem of the capture, "note" for a note.
func (f *Finding) ClassName() string {
	switch f.Rule {
	case CaptureProblem:
		return "capture"
	case CaptureNote:
		return "note"
	}
	return f.Class.String()
}

// MarshalJSON returns one object, without unknown members.
func (f *Finding) MarshalJSON() ([]byte, error) {
	var o struct {
		Rule     string `json:"rule"`
		Class    string `json:"class"`
		Level    string `json:"level,omitempty"`
		Section  string `json:"section,omitempty"`
		File     string `json:"file"`
		Frame    int64  `json:"frame,omitempty"`
		Time     string `json:"time,omitempty"`
		Src      string `json:"src,omitempty"`
		Dst      string `json:"dst,omitempty"`
		Stream   *int   `json:"stream,omitempty"`
		Field    string `json:"field,omitempty"`
		Offset   *int   `json:"offset,omitempty"`
		Detail   string `json:"detail"`
		Expected string `json:"expected,omitempty"`
		Derived  bool   `json:"derived,omitempty"`
	}
	o.Rule, o.Class, o.Section, o.Field = f.Rule, f.ClassName(), f.Section, f.Field
	o.File, o.Frame, o.Detail, o.Expected, o.Derived = f.File, f.Frame, f.Detail, f.Expected, f.Derived
	if f.Level != 0 {
		o.Level = f.Level.String()
	}
	if !f.Time.IsZero() {
		o.Time = f.Time.UTC().Format("2006-01-02T15:04:05.000000000Z07:00") // as package message writes it
	}
	if f.Src.IsValid() {
		o.Src, o.Dst = f.Src.String(), f.Dst.String()
	}
	if f.Stream >= 0 {
		o.Stream = &f.Stream
	}
	if f.Class == spec.Format || f.Class == spec.Sender {
		o.Offset = &f.Offset
	}
	return json.Marshal(&o)
}
