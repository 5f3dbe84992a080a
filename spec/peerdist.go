package spec

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// HTTPFields are the values of the header fields of PeerDist content encoding in an
// HTTP message (MS-PCCRTP 2.2), "" for one that is not there. Values of a repeated
// field are joined with commas.
type HTTPFields struct {
	Coding               string // of Accept-Encoding in a request, Content-Encoding in a response
	PeerDist, PeerDistEx string // of X-P2P-PeerDist and X-P2P-PeerDistEx
	Validator            bool   // of a response: ETag or Last-Modified is there
}

// HTTPParameter is a parameter of a field, as it stands there.
type HTTPParameter struct{ Field, Name, Value string }

// PeerDist is what the fields of a message come to.
type PeerDist struct {
	Used       bool            // a request accepts peerdist, the body of a response has that coding
	Parameters []HTTPParameter // those that can be read, in order
	Violations []Violation     // by field, then offset: a number of bytes in the value of the field
}

// First returns the first violation of a rule of that class.
func (p *PeerDist) First(c Class) (Violation, bool) {
	i := slices.IndexFunc(p.Violations, func(v Violation) bool { return v.Class == c })
	if i < 0 {
		return Violation{}, false
	}
	return p.Violations[i], true
}

// get returns the value of a parameter, and whether it is there.
func (p *PeerDist) get(name string) (string, bool) {
	for _, q := range p.Parameters {
		if q.Name == name {
			return q.Value, true
		}
	}
	return "", false
}

// peerDistFields are the fields with parameters: what each parameter holds, and
// whether it is for requests, for responses or for both.
var peerDistFields = []struct {
	field, rule string
	parameters  map[string]string
}{
	{"X-P2P-PeerDist", "PCCRTP-2.2-PeerDist", map[string]string{
		"Version": "version in both", "ContentLength": "number in response", "MissingDataRequest": "flag in request"}},
	{"X-P2P-PeerDistEx", "PCCRTP-2.2-PeerDistEx", map[string]string{
		"MinContentInformation": "version in request", "MaxContentInformation": "version in request",
		"MakeHashRequest": "flag in response", "HashRequest": "flag in request"}},
}

// DissectPeerDistRequest reads the fields of a request.
func DissectPeerDistRequest(f HTTPFields) *PeerDist {
	p := new(PeerDist)
	for _, element := range strings.Split(f.Coding, ",") {
		parts := strings.Split(element, ";")
		if lower(strings.Trim(parts[0], " \t")) != "peerdist" {
			continue
		}
		p.Used = true
		for _, parameter := range parts[1:] {
			name, weight, _ := strings.Cut(parameter, "=")
			if lower(strings.Trim(name, " \t")) == "q" {
				weight = strings.Trim(weight, " \t")
				p.Used = !strings.HasPrefix(weight, "0") || strings.Trim(weight, "0.") != ""
				break
			}
		}
		break
	}
	p.read(f, "request")
	_, version := p.get("Version")
	if missing, _ := p.get("MissingDataRequest"); p.Used && lower(missing) == "true" {
		p.report("PCCRTP-2.2-Missing", "X-P2P-PeerDist.MissingDataRequest", p.at(f, "MissingDataRequest"), "is used with peerdist in Accept-Encoding")
	}
	if p.Used && !version {
		p.absent(f, "PCCRTP-3.1.4-Params", "Version")
	}
	for _, name := range []string{"MinContentInformation", "MaxContentInformation"} {
		value, given := p.get(name)
		is := func(major uint64) bool { return sameVersion(value, major, 0) }
		switch asked, _ := p.get("Version"); {
		case !given && p.Used && sameVersion(asked, 1, 1):
			p.absent(f, "PCCRTP-3.1.4-Params", name)
		case given && !is(1) && !(is(2) && name == "MaxContentInformation"):
			p.report("PCCRTP-2.2-MinMax", "X-P2P-PeerDistEx."+name, p.at(f, name), "is a version that does not exist")
		}
	}
	return p.sorted()
}

// DissectPeerDistResponse reads the fields of a response.
func DissectPeerDistResponse(f HTTPFields) *PeerDist {
	p := new(PeerDist)
	others := 0
	for _, coding := range strings.Split(lower(f.Coding), ",") {
		coding = strings.Trim(coding, " \t")
		switch {
		case coding == "peerdist" && !p.Used:
			p.Used = true
		case coding != "" && coding != "identity":
			others++
		}
	}
	if p.Used && others > 0 {
		p.Used = false
		p.report("PCCRTP-2.2-ContentEncoding", "Content-Encoding", 0, "has codings beside peerdist")
	}
	p.read(f, "response")
	for _, name := range []string{"Version", "ContentLength"} {
		if _, given := p.get(name); p.Used && !given {
			p.absent(f, "PCCRTP-3.2.5.1-ContentLength", name)
		}
	}
	if p.Used && !f.Validator {
		p.report("PCCRTP-3.2-Validator", "ETag", 0, "missing, and so is Last-Modified")
	}
	return p.sorted()
}

// ComparePeerDist returns what a response with Content Information of that version
// (1 or 2), which describes length bytes of content, violates in the light of the
// request, which may be nil for one that is not known.
func ComparePeerDist(request, response *PeerDist, version int, length uint64) []Violation {
	c := new(PeerDist)
	if claimed, given := response.get("ContentLength"); given {
		if n, _ := strconv.ParseUint(claimed, 10, 64); n != length {
			c.report("PCCRTP-3.2.5.1-ContentLength", "X-P2P-PeerDist.ContentLength", 0, is(n)+", but the Content Information describes "+count64(length, "byte"))
			c.Violations[0].Value = n
		}
	}
	if request == nil {
		return c.Violations
	}
	asked, given := request.get("Version")
	if used, also := response.get("Version"); given && also && compareVersions(used, asked) > 0 {
		c.report("PCCRTP-1.7-Version", "X-P2P-PeerDist.Version", 0, "is "+used+", higher than that of the request, "+asked)
	}
	lowest, highest := "1.0", "1.0"
	if v, given := request.get("MinContentInformation"); given {
		lowest = v
	}
	if v, given := request.get("MaxContentInformation"); given {
		highest = v
	}
	if has := strconv.Itoa(version) + ".0"; compareVersions(has, lowest) < 0 || compareVersions(has, highest) > 0 {
		c.report("PCCRTP-3.2.5.1-Range", "Content Information", 0, "has version "+has+", but the request asks for "+lowest+" to "+highest)
	}
	return c.Violations
}

// read reads the parameters of the fields of a message, "request" or "response".
func (p *PeerDist) read(f HTTPFields, message string) {
	for _, d := range peerDistFields {
		seen := map[string]bool{}
		for _, e := range elements(f.value(d.field)) {
			name, value, assigned := strings.Cut(e.text, "=")
			name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
			if !assigned || name == "" {
				p.report(d.rule, d.field, e.at, "has an element that is not NAME=VALUE")
				continue
			}
			known, about := "", ""
			for n, a := range d.parameters {
				if lower(name) == lower(n) {
					known, about = n, a
				}
			}
			path := d.field + "." + known
			what, where, _ := strings.Cut(about, " in ")
			switch {
			case known == "":
				p.report("PCCRTP-2.2-Parameters", d.field, e.at, "has an unknown parameter")
			case seen[known]:
				p.report(d.rule, path, e.at, "is repeated")
			case !legible(what, value):
				seen[known] = true
				p.report(d.rule, path, e.at, "is not a "+what)
			default:
				seen[known] = true
				p.Parameters = append(p.Parameters, HTTPParameter{d.field, known, value})
				if where != "both" && where != message {
					p.report("PCCRTP-2.2-Parameters", path, e.at, "is for the "+where)
				} else if what == "flag" && value != "true" {
					p.report("PCCRTP-2.2-Parameters", path, e.at, `must be "true"`)
				}
			}
		}
	}
}

// legible reports whether a value is a version, a number or a flag.
func legible(what, value string) bool {
	switch what {
	case "version":
		major, minor, ok := versionOf(value)
		return ok && major+minor > 0
	case "number":
		_, err := strconv.ParseUint(value, 10, 63)
		return err == nil && digits(value)
	}
	return lower(value) == "true" || lower(value) == "false"
}

// An element of a list, and where it begins in the value.
type element struct {
	text string
	at   int
}

// elements returns the elements of a comma-separated list that are not empty.
func elements(value string) []element {
	var all []element
	at := 0
	for _, part := range strings.Split(value, ",") {
		text := strings.TrimLeft(part, " \t")
		begins := at + len(part) - len(text)
		if text = strings.TrimRight(text, " \t"); text != "" {
			all = append(all, element{text, begins})
		}
		at += len(part) + 1
	}
	return all
}

// versionOf reads two numbers of 32 bits with a dot between them.
func versionOf(s string) (major, minor uint64, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 2 || !digits(parts[0]) || !digits(parts[1]) {
		return 0, 0, false
	}
	major, err := strconv.ParseUint(parts[0], 10, 32)
	minor, also := strconv.ParseUint(parts[1], 10, 32)
	return major, minor, err == nil && also == nil
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func sameVersion(s string, major, minor uint64) bool {
	m, n, ok := versionOf(s)
	return ok && m == major && n == minor
}

func compareVersions(s, t string) int {
	a, b, _ := versionOf(s)
	c, d, _ := versionOf(t)
	return cmp.Or(cmp.Compare(a, c), cmp.Compare(b, d))
}

func (f *HTTPFields) value(field string) string {
	if field == "X-P2P-PeerDistEx" {
		return f.PeerDistEx
	}
	return f.PeerDist
}

// fieldOf returns the field that a parameter is in.
func fieldOf(parameter string) string {
	for _, d := range peerDistFields {
		if d.parameters[parameter] != "" {
			return d.field
		}
	}
	return ""
}

// at returns where a parameter begins that can be read.
func (p *PeerDist) at(f HTTPFields, parameter string) int {
	for _, e := range elements(f.value(fieldOf(parameter))) {
		if name, _, _ := strings.Cut(e.text, "="); lower(strings.Trim(name, " \t")) == lower(parameter) {
			return e.at
		}
	}
	return 0
}

// absent reports that a parameter is missing at the end of its field, or the field.
func (p *PeerDist) absent(f HTTPFields, rule, parameter string) {
	field := fieldOf(parameter)
	value, path := f.value(field), field+"."+parameter
	if value == "" {
		path = field
	}
	for _, v := range p.Violations {
		if v.Class == Format && strings.HasPrefix(v.Field, field+"."+parameter) {
			return // it is there, but illegible
		}
		if v.Rule == rule && v.Field == path {
			return // the field is missing, which was reported
		}
	}
	p.report(rule, path, len(value), "missing")
}

func (p *PeerDist) report(rule, field string, offset int, detail string) {
	r, _ := RequirementByID(rule)
	p.Violations = append(p.Violations, Violation{Rule: r.ID, Class: r.Class, Offset: offset, Field: field, Detail: detail, Section: r.Section})
}

// sorted brings the violations into the order of the fields, and of their bytes.
func (p *PeerDist) sorted() *PeerDist {
	position := func(v Violation) int {
		field, _, _ := strings.Cut(v.Field, ".")
		return slices.Index([]string{"Content-Encoding", "X-P2P-PeerDist", "X-P2P-PeerDistEx", "ETag"}, field)
	}
	slices.SortStableFunc(p.Violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(position(a), position(b)), cmp.Compare(a.Offset, b.Offset))
	})
	return p
}

// count64 is count for larger numbers.
func count64(n uint64, what string) string {
	if n != 1 {
		what += "s"
	}
	return decimals(n) + " " + what
}

// lower returns s in lower case. Only letters of ASCII count: strings.ToLower makes a
// k of the Kelvin sign.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}
