package neighbours

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/hostedcache/pchc/codec/oxcfxics"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

var oxcfxicsProtocol = protocol{
	name: "MS-OXCFXICS",
	kinds: []Kind{
		{Name: "oxcfxics:globset", Decode: globset},
		{Name: "oxcfxics:idset_replguid", Decode: func(b []byte) Result { return idset(b, oxcfxics.REPLGUID) }},
		{Name: "oxcfxics:idset_replid", Decode: func(b []byte) Result { return idset(b, oxcfxics.REPLID) }},
		{Name: "oxcfxics:state_block", Decode: stateBlock},
		{Name: "oxcfxics:rop_request", Decode: ropRequest},
		{Name: "oxcfxics:rop_response", Decode: ropResponse},
		{Name: "oxcfxics:rop_batch", Decode: ropBatch},
	},
	machine: func(context json.RawMessage) (Machine, error) {
		var c struct {
			FirstSync bool `json:"first_sync"`
		}
		if err := strict(context, &c); err != nil {
			return nil, err
		}
		return &ropMachine{checker: oxcfxics.Checker{FirstSync: c.FirstSync}}, nil
	},
	requirements: func() (all []message.Entry) {
		for _, s := range oxcfxics.Statements() {
			all = append(all, statement(string(s.ID), s.Section, string(s.Level), s.Text, s.CheckedBy))
		}
		return all
	},
	page: "codec/oxcfxics/ms-oxcfxics.md",
}

// icsViolation returns the violation that e is.
func icsViolation(e *oxcfxics.Error, class spec.Class) spec.Violation {
	return spec.Violation{Rule: string(e.Rule), Class: class, Offset: e.Offset, Field: e.Structure, Detail: e.Detail(), Section: e.Rule.Section()}
}

// icsResult returns fields, with what the sender had to do otherwise, or the violation.
func icsResult(fields message.Fields, err error, sender ...spec.Violation) Result {
	if e := (*oxcfxics.Error)(nil); errors.As(err, &e) {
		return Result{Violations: []spec.Violation{icsViolation(e, spec.Format)}}
	}
	return Result{Fields: fields, Violations: sender}
}

// arranged adds what an arrangement lacks.
func arranged(fields message.Fields, breaks []oxcfxics.Error, err error) Result {
	var names []string
	var sender []spec.Violation
	for i := range breaks {
		names = append(names, breaks[i].Rule.Name())
		sender = append(sender, icsViolation(&breaks[i], spec.Sender))
	}
	slices.Sort(names)
	return icsResult(append(fields, message.Member{Name: "arrangement_breaks", Value: texts(names)}), err, sender...)
}

func texts[T ~string](all []T) []any { return message.List(all, func(s T) any { return string(s) }) }

func ranges(all []oxcfxics.Range) []any {
	return message.List(all, func(r oxcfxics.Range) any {
		return []any{fmt.Sprintf("%012x", r.Low), fmt.Sprintf("%012x", r.High)}
	})
}

func commands(g oxcfxics.Globset) (list []any) {
	for c := range g.Commands() {
		list = append(list, c.String())
	}
	return list
}

func globset(b []byte) Result {
	g, err := oxcfxics.DecodeGlobset(b)
	all := g.AppendRanges(nil)
	return arranged(message.Fields{{Name: "ranges", Value: ranges(all)}, {Name: "value", Value: ranges(oxcfxics.Normalize(slices.Clone(all)))}, {Name: "commands", Value: commands(g)}}, g.Arrangement(), err)
}

func idset(b []byte, form oxcfxics.Form) Result {
	s, err := oxcfxics.DecodeIDSet(b, form)
	return arranged(idsetFields(s), s.Arrangement(), err)
}

// idsetFields returns the pairs, and the values of each replica.
func idsetFields(s oxcfxics.IDSet) message.Fields {
	pairs, value := []any{}, []any{}
	index := map[any]int{}
	var sets [][]oxcfxics.Range
	var replicas []message.Member
	for p := range s.All() {
		replica := message.Member{Name: "replid", Value: int(p.REPLID)}
		if s.Form() == oxcfxics.REPLGUID {
			replica = message.Member{Name: "replguid", Value: p.REPLGUID.String()}
		}
		all := p.Globset.AppendRanges(nil)
		pairs = append(pairs, message.Fields{replica, {Name: "ranges", Value: ranges(all)}, {Name: "commands", Value: commands(p.Globset)}})
		i, ok := index[replica.Value]
		if !ok {
			i = len(sets)
			index[replica.Value] = i
			sets, replicas = append(sets, nil), append(replicas, replica)
		}
		sets[i] = append(sets[i], all...)
	}
	for i, replica := range replicas {
		value = append(value, message.Fields{replica, {Name: "ranges", Value: ranges(oxcfxics.Normalize(sets[i]))}})
	}
	return message.Fields{{Name: "pairs", Value: pairs}, {Name: "value", Value: value}}
}

func stateBlock(b []byte) Result {
	s, err := oxcfxics.DecodeStateBlock(b)
	properties := []any{}
	var sender []spec.Violation
	at := 0
	for v := range s.All() {
		at += 8 // tag and length
		properties = append(properties, append(message.Fields{{Name: "tag", Value: tag(uint32(v.Property))}, {Name: "name", Value: v.Property.String()},
			{Name: "length", Value: len(v.IDSet.Bytes())}}, idsetFields(v.IDSet)...))
		for _, e := range v.IDSet.Arrangement() {
			e.Offset += at
			sender = append(sender, icsViolation(&e, spec.Sender))
		}
		at += len(v.IDSet.Bytes())
	}
	return icsResult(message.Fields{{Name: "properties", Value: properties}}, err, sender...)
}

func tag(t uint32) string { return fmt.Sprintf("0x%08x", t) }

// requestFields returns the fields of a ROP at an offset, and what its sender had to do
// otherwise.
func requestFields(q *oxcfxics.Request, at int) (f message.Fields, sender []spec.Violation) {
	add := func(name string, value any) { f = append(f, message.Member{Name: name, Value: value}) }
	add("rop", q.RopID.String())
	add("rop_id", int(q.RopID))
	add("logon_id", int(q.LogonID))
	add("input_handle_index", int(q.InputHandleIndex))
	if q.RopID.HasOutputHandleIndex() {
		add("output_handle_index", int(q.OutputHandleIndex))
	}
	switch q.RopID {
	case oxcfxics.RopSynchronizationConfigure:
		add("synchronization_type", q.SynchronizationType.String())
		add("send_options", int(q.SendOptions))
		add("synchronization_flags", int(q.SynchronizationFlags))
		add("restriction_data", hex.EncodeToString(q.RestrictionData))
		add("extra_flags", uint64(q.SynchronizationExtraFlags))
		tags := []any{}
		for i := range q.PropertyTags.Len() {
			tags = append(tags, tag(q.PropertyTags.At(i)))
		}
		add("property_tags", tags)
	case oxcfxics.RopSynchronizationUploadStateStreamBegin:
		add("state_property", tag(uint32(q.StateProperty)))
		add("state_name", q.StateProperty.String())
		add("transfer_buffer_size", uint64(q.TransferBufferSize))
	case oxcfxics.RopSynchronizationUploadStateStreamContinue:
		add("stream_data_size", len(q.StreamData))
		add("stream_data", hex.EncodeToString(q.StreamData))
	case oxcfxics.RopSynchronizationOpenCollector:
		add("is_contents_collector", int(q.IsContentsCollector))
	}
	if warnings := q.Warnings(); len(warnings) > 0 {
		add("warnings", message.List(warnings, func(r oxcfxics.Rule) any { return r.Name() }))
		for _, r := range warnings {
			sender = append(sender, spec.Violation{Rule: string(r), Class: spec.Sender, Offset: at, Field: q.RopID.String(), Detail: "has " + r.Name(), Section: r.Section()})
		}
	}
	return f, sender
}

func ropRequest(b []byte) Result {
	q, err := oxcfxics.DecodeRequest(b)
	fields, sender := requestFields(&q, 0)
	return icsResult(fields, err, sender...)
}

func ropBatch(b []byte) Result {
	r := Result{}
	rops := []any{}
	at := 0
	for q, err := range oxcfxics.Requests(b) {
		if err != nil {
			r.Violations = append(r.Violations, icsResult(nil, err).Violations...)
			break
		}
		fields, sender := requestFields(&q, at)
		rops, r.Violations = append(rops, fields), append(r.Violations, sender...)
		at += q.EncodedLen()
	}
	r.Fields = message.Fields{{Name: "rops", Value: rops}}
	return r
}

func ropResponse(b []byte) Result {
	r, err := oxcfxics.DecodeResponse(b)
	handle := "input_handle_index"
	if r.RopID.HasOutputHandleIndex() {
		handle = "output_handle_index"
	}
	return icsResult(message.Fields{{Name: "rop", Value: r.RopID.String()}, {Name: "rop_id", Value: int(r.RopID)},
		{Name: handle, Value: int(r.HandleIndex)}, {Name: "return_value", Value: tag(r.ReturnValue)}}, err)
}

// ropMachine is a Machine of oxcfxics.
type ropMachine struct {
	checker oxcfxics.Checker
	events  int
	broken  []Break
}

func (m *ropMachine) Event(event json.RawMessage) error {
	at := m.events
	m.events++
	var e struct {
		Hex string
		Rop string // as the bytes have it
		Ret uint32
		N   int // as at
	}
	err := strict(event, &e)
	if unknown := UnknownMember(""); err != nil && !errors.As(err, &unknown) {
		return err
	}
	b, bad := hex.DecodeString(e.Hex)
	if bad != nil || len(b) == 0 {
		return fmt.Errorf("hex is %q, must be the bytes of a ROP", e.Hex)
	}
	m.add(at, m.checker.ROP(b, e.Ret))
	return err
}

func (m *ropMachine) add(at int, found []oxcfxics.Finding) {
	for _, f := range found {
		m.broken = append(m.broken, Break{string(f.Rule), string(f.Level), at, f.Detail})
	}
}

func (m *ropMachine) Breaks(complete bool) []Break {
	if complete {
		m.add(m.events, m.checker.Finish())
	}
	return m.broken
}
