package neighbours

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"github.com/hostedcache/pchc/codec/soapfault"
	"github.com/hostedcache/pchc/codec/wsusss"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// soapKinds returns the kinds that are SOAP messages.
func soapKinds(name string, fault func([]byte) (soapfault.Fault, error), request, response func([]byte) (soapfault.Call, error)) []Kind {
	call := func(decode func([]byte) (soapfault.Call, error)) func([]byte) Result {
		return func(b []byte) Result {
			c, err := decode(b)
			return soapResult(callFields(&c), c.Notes, err)
		}
	}
	return []Kind{
		{Name: name + ":fault", Text: true, Decode: func(b []byte) Result {
			f, err := fault(b)
			return soapResult(faultFields(&f), f.Notes, err)
		}},
		{Name: name + ":request", Text: true, Decode: call(request)},
		{Name: name + ":response", Text: true, Decode: call(response)},
	}
}

// soapResult returns the fields of a message, or its violation.
func soapResult(fields message.Fields, notes []soapfault.Note, err error) Result {
	if err != nil {
		return Result{Violations: violations(err)}
	}
	r := Result{Fields: fields}
	for _, n := range notes {
		r.Notes = append(r.Notes, message.Remark(n))
	}
	return r
}

// violations returns the violation that err is.
func violations(err error) []spec.Violation {
	e := (*soapfault.Error)(nil)
	if !errors.As(err, &e) {
		return nil
	}
	return []spec.Violation{{Rule: string(e.Rule), Class: spec.Format, Offset: e.Offset, Field: e.Field, Detail: e.Detail(), Section: e.Rule.Section()}}
}

// text returns a text, nil if it is not there.
func text(t soapfault.Text) any {
	if !t.Present {
		return nil
	}
	return t.Value
}

func faultFields(f *soapfault.Fault) message.Fields {
	fields := message.Fields{{Name: "soap", Value: f.SOAP.String()}, {Name: "faultcode", Value: f.Code}, {Name: "faultstring", Value: f.Reason}}
	if f.SOAP == soapfault.SOAP12 {
		fields = append(fields, message.Member{Name: "envelope_detail_present", Value: f.EnvelopeDetail})
	} else {
		fields = append(fields, message.Member{Name: "faultactor", Value: text(f.Actor)})
	}
	names := message.List(f.Detail, func(n soapfault.Name) any { return n.Local })
	a := f.Application
	if a == nil {
		fields = append(fields, message.Member{Name: "application"})
		if len(names) > 0 {
			fields = append(fields, message.Member{Name: "foreign_detail", Value: names})
		}
		return fields
	}
	id := any(a.ID)
	if a.ID == "" {
		id = nil
	}
	return append(fields, message.Member{Name: "application", Value: message.Fields{
		{Name: "error_code", Value: text(a.ErrorCode)}, {Name: "message", Value: text(a.Message)}, {Name: "id", Value: id}, {Name: "method", Value: text(a.Method)},
	}}, message.Member{Name: "child_order", Value: names})
}

func callFields(c *soapfault.Call) message.Fields {
	fields := message.Fields{{Name: "soap", Value: c.SOAP.String()}, {Name: "operation", Value: c.Operation}, {Name: "namespace", Value: c.Namespace}}
	add := func(name string, value any, n int) {
		if n > 0 {
			fields = append(fields, message.Member{Name: name, Value: value})
		}
	}
	var cookies message.Fields
	for _, k := range c.Cookies {
		zone := k.Expiration.Zone
		if zone == "" {
			zone = "none"
		}
		cookies = append(cookies, message.Member{Name: k.Name, Value: message.Fields{
			{Name: "expiration", Value: k.Expiration.Text}, {Name: "zone", Value: zone}, {Name: "fraction_digits", Value: k.Expiration.FractionDigits},
			{Name: "encrypted_data_length", Value: len(k.EncryptedData)}, {Name: "encrypted_data_zero", Value: len(k.EncryptedData) > 0 && len(bytes.Trim(k.EncryptedData, "\x00")) == 0},
		}})
	}
	add("cookies", cookies, len(cookies))
	authorization := message.List(c.AuthorizationCookies, func(k soapfault.AuthorizationCookie) any {
		return message.Fields{{Name: "plug_in_id", Value: k.PlugInID}, {Name: "cookie_data_length", Value: len(k.CookieData)}}
	})
	if len(authorization) == 1 {
		add("authorization_cookie", authorization[0], 1)
	} else {
		add("authorization_cookies", authorization, len(authorization))
	}
	values := valueFields(c.Fields)
	add("fields", values, len(values))
	add("auth_plug_ins", message.List(c.AuthPlugIns, func(p soapfault.AuthPlugIn) any {
		return message.Fields{{Name: "id", Value: p.PlugInID}, {Name: "service_url", Value: p.ServiceURL}}
	}), len(c.AuthPlugIns))
	var properties []soapfault.Field
	for _, p := range c.Properties {
		properties = append(properties, soapfault.Field{Name: p.Name, Value: p.Value})
	}
	add("properties", valueFields(properties), len(properties))
	return fields
}

// valueFields returns values by their names: one, or a list where there are several.
func valueFields(all []soapfault.Field) (fields message.Fields) {
	index := map[string]int{}
	for _, f := range all {
		var value any = f.Value
		if f.Nil {
			value = nil
		}
		i, ok := index[f.Name]
		if !ok {
			index[f.Name] = len(fields)
			fields = append(fields, message.Member{Name: f.Name, Value: value})
			continue
		}
		list, several := fields[i].Value.([]any)
		if !several {
			list = []any{fields[i].Value}
		}
		fields[i].Value = append(list, value)
	}
	return fields
}

// soapMachine is a Machine of wusp or wsusss.
type soapMachine struct {
	event    func(soapfault.Event) bool
	complete func()
	breaks   func() []soapfault.Break
}

func (m *soapMachine) Event(event json.RawMessage) error {
	var e soapfault.Event
	err := strict(event, &e)
	var unknown UnknownMember
	switch {
	case err != nil && !errors.As(err, &unknown):
	case e.Out != "" && e.Out != "ok" && e.Out != "fault":
		err = errors.New("out is " + strconv.Quote(e.Out) + `, must be "ok" or "fault"`)
	case !m.event(e):
		return errors.New("op " + strconv.Quote(e.Op) + " is not known")
	default:
		return err // an unknown member is said, and the rest is checked
	}
	m.event(soapfault.Event{}) // keeps its number
	return err
}

func (m *soapMachine) Breaks(complete bool) (all []Break) {
	if complete && m.complete != nil {
		m.complete()
	}
	for _, b := range m.breaks() {
		all = append(all, Break{string(b.Rule), b.Level.String(), b.At, b.Detail})
	}
	return all
}

// soapRequirements returns requirements in the form of the catalogue.
func soapRequirements(tables ...[]soapfault.Requirement) (all []message.Entry) {
	for _, r := range slices.Concat(tables...) {
		e := message.Entry{ID: string(r.ID), Section: r.ID.Section(), Level: r.Level.String(), Class: spec.Behaviour.String(), Text: r.Text}
		switch r.Check {
		case soapfault.Trace:
			e.CheckedBy = CallTrace
		case soapfault.Bytes:
			if e.CheckedBy = MessageBytes; r.ID != wsusss.RuleFaultParse {
				e.Class = spec.Format.String()
			}
		case soapfault.Other:
			e.CheckedBy = r.Reason
		default:
			e.NotObservable = r.Reason
		}
		all = append(all, e)
	}
	return all
}
