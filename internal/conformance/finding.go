package conformance

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// Catalogue returns all requirements. Those that this package does not check are not
// observable: captures carry no Content Information 2.0, and do not show what a
// comparison with the reference client or server shows.
func Catalogue() []spec.Requirement {
	all := spec.Requirements()
	for i := range all {
		r := &all[i]
		switch {
		case r.CheckedBy == spec.ContentBytes && strings.HasPrefix(r.Section, "MS-PCCRC 2.4"):
			r.Unobservable = "no message of MS-PCHC contains Content Information 2.0"
		case r.CheckedBy == spec.ContentBytes:
			r.Unobservable = "in a SEGMENT_INFO_MESSAGE, rules of MS-PCHC 2.2.1.4 take its place"
		case r.ID == "PCCRC-2.3.1.1-ullOffsetInContent":
			r.Unobservable = "a SEGMENT_INFO_MESSAGE has one segment"
		case r.CheckedBy == spec.ReferenceClient, r.CheckedBy == spec.ReferenceServer:
			r.Unobservable = "a capture does not show it, a " + r.CheckedBy.String() + " does"
		default:
			continue
		}
		r.CheckedBy = spec.NotObservable
	}
	return all
}

// Checked returns the requirements whose violations this package finds.
func Checked() []spec.Requirement {
	return slices.DeleteFunc(Catalogue(), func(r spec.Requirement) bool {
		return r.CheckedBy != spec.MessageBytes && r.CheckedBy != spec.CapturedExchange
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
