package message

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
)

// CSVHeader names the columns of [FormCSV].
const CSVHeader = "file,request_frame,frame,time,client,server,stream,protocol,message,result,http_status,milliseconds,verdict,violations,detail\n"

// verdictNames are the values of the column verdict.
var verdictNames = [...]string{Valid: "valid", SenderInvalid: "sender", Invalid: "invalid", Unfit: "unfit", CaptureProblem: "problem", CaptureNote: "note"}

// csvRow is a row: fields in the order of [CSVHeader].
type csvRow struct {
	dst   []byte
	begun bool
}

// add adds a field. Spreadsheets run a cell that begins with =, +, - or @ as a formula, and
// what is in a capture comes from anybody: such a text gets an apostrophe before it, which
// they take as "this is text".
func (r *csvRow) add(field string) {
	if field != "" && strings.IndexByte("=+-@\t\r", field[0]) >= 0 {
		field = "'" + field
	}
	if strings.ContainsAny(field, "\",\n\r") {
		field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
	}
	r.number(field)
}

// number adds a field as it is.
func (r *csvRow) number(digits string) {
	if r.begun {
		r.dst = append(r.dst, ',')
	}
	r.begun = true
	r.dst = append(r.dst, digits...)
}

// atLeast writes an integer, nothing for one below least.
func atLeast(least, n int64) string {
	if n < least {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// csvItem appends an item of a conversation as a row.
func (p *Printer) csvItem(dst []byte, it *conversation.Item) ([]byte, Verdict) {
	x := it.Exchange
	o := p.Overview(it, true)
	at := it.Event.Place
	at.Src, at.Dst = x.Client, x.Server
	took, known := x.Took()
	var milliseconds string
	if known {
		milliseconds = strconv.FormatFloat(float64(took)/float64(time.Millisecond), 'f', 3, 64)
	}
	return appendCSV(dst, o, &at, x.Asked.Frame, x.Protocol.String(), x.Result.String(), milliseconds), o.Verdict
}

func appendCSV(dst []byte, o *Overview, at *capture.Place, asked int64, protocol, result, milliseconds string) []byte {
	r := csvRow{dst: dst}
	var when, client, server string
	if !at.Time.IsZero() {
		when = at.Time.UTC().Format(time.RFC3339Nano)
	}
	if at.Src.IsValid() {
		client, server = at.Src.String(), at.Dst.String()
	}
	var rules []string
	for _, part := range o.Parts {
		for i := range part.Dissection.Violations {
			if rule := part.Dissection.Violations[i].Rule; !slices.Contains(rules, rule) {
				rules = append(rules, rule)
			}
		}
	}
	r.add(at.File)
	r.number(atLeast(1, asked))
	r.number(atLeast(1, at.Frame))
	r.add(when)
	r.add(client)
	r.add(server)
	r.number(atLeast(0, int64(at.Stream)))
	r.add(protocol)
	r.add(o.Name)
	r.add(result)
	r.number(atLeast(1, int64(at.Status)))
	r.number(milliseconds)
	r.add(verdictNames[o.Verdict])
	r.add(strings.Join(rules, " "))
	r.add(o.Text)
	return append(r.dst, '\n')
}
