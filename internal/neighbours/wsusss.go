package neighbours

import (
	"encoding/json"
	"strings"

	"github.com/hostedcache/pchc/codec/wsusss"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

var wsusssProtocol = protocol{
	name: "MS-WSUSSS",
	kinds: append(soapKinds("wsusss", wsusss.DecodeFault, wsusss.DecodeRequest, wsusss.DecodeResponse),
		Kind{Name: "wsusss:version", Text: true, Decode: version},
		Kind{Name: "wsusss:version_compare", Text: true, Decode: versionCompare},
		Kind{Name: "wsusss:anchor_windows", Text: true, Decode: anchorWindows}),
	machine: func(context json.RawMessage) (Machine, error) {
		var c wsusss.Context
		if err := strict(context, &c); err != nil {
			return nil, err
		}
		m := wsusss.NewMachine(c)
		return &soapMachine{m.Event, m.Complete, m.Breaks}, nil
	},
	requirements: func() []message.Entry {
		return soapRequirements(wsusss.Requirements(), wsusss.FurtherRequirements(), wsusss.FormatRequirements())
	},
	page: "codec/wsusss/ms-wsusss.md", more: soapPage(wsusss.Operations(), wsusss.React, wsusss.ErrorCodes()),
}

func version(b []byte) Result {
	v, err := wsusss.ParseVersion(string(b))
	var fault any
	if code := wsusss.VersionFault(string(b)); code != "" {
		fault = code
	}
	return Result{Fields: message.Fields{{Name: "server_fault", Value: fault}, {Name: "reporting", Value: err == nil && v.Reports()}}, Violations: violations(err)}
}

// versionCompare compares two versions with white space between them.
func versionCompare(b []byte) Result {
	words := strings.Fields(string(b))
	if len(words) != 2 {
		return Result{Violations: []spec.Violation{{Rule: string(wsusss.RuleVersion), Class: spec.Format, Field: "version", Detail: "are not two versions with a blank between them", Section: wsusss.RuleVersion.Section()}}}
	}
	first, err := wsusss.ParseVersion(words[0])
	if err != nil {
		return Result{Violations: violations(err)}
	}
	second, err := wsusss.ParseVersion(words[1])
	if err != nil {
		return Result{Violations: violations(err)}
	}
	return Result{Fields: message.Fields{{Name: "sign", Value: first.Compare(second)}}}
}

func anchorWindows(b []byte) Result {
	a, err := wsusss.ParseWindowsAnchor(string(b))
	if err != nil {
		return Result{Violations: violations(err)}
	}
	return Result{Fields: message.Fields{{Name: "number", Value: uint64(a.Number)}, {Name: "time", Value: a.Time.Format("2006-01-02T15:04:05.000")}}}
}
