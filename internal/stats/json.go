package stats

import (
	"encoding/json"
	"io"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
)

// The names of the objects in JSON.
const (
	messageContent   = "STATS_CONTENT"
	messageClient    = "STATS_CLIENT"
	messageServer    = "STATS_SERVER"
	messageExchanges = "STATS_EXCHANGES"
	messageOffers    = "STATS_OFFERS"
	messageTag       = "STATS_TAG"
	messageSegment   = "STATS_SEGMENT"
	messageBlocks    = "STATS_BLOCKS"
	messageRule      = "STATS_RULE"
	messageBeyond    = "STATS_BEYOND"
	messageCapture   = "STATS_CAPTURE"
)

// WriteJSON writes the report, one object a line.
func (r *Report) WriteJSON(w io.Writer) error {
	if err := r.writeProblems(w); err != nil {
		return err
	}
	e := json.NewEncoder(printable.JSON(w))
	for name, rows := range r.rows() {
		for _, row := range rows {
			b, err := json.Marshal(row)
			if err == nil { // the name goes first
				err = e.Encode(json.RawMessage(`{"message":"` + name + `",` + string(b[1:])))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// writeProblems writes the problems and notes, as other commands do.
func (r *Report) writeProblems(w io.Writer) error {
	p := message.Printer{Form: message.FormJSON}
	for i := range r.Problems {
		var b []byte
		if one := &r.Problems[i]; one.Note {
			b = p.Note(nil, one.Detail, &one.Place)
		} else {
			b = p.Problem(nil, one.Detail, &one.Place)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// rows returns the rows of each table by the name of its objects, in order.
func (r *Report) rows() func(func(string, []any) bool) {
	return func(yield func(string, []any) bool) {
		_ = yield(messageContent, rowsOf(r.Contents)) && yield(messageClient, rowsOf(r.Clients)) &&
			yield(messageServer, rowsOf(r.Servers)) && yield(messageExchanges, rowsOf(r.Exchanges)) &&
			yield(messageOffers, rowsOf(r.Offers)) && yield(messageTag, rowsOf(r.Tags)) &&
			yield(messageSegment, rowsOf(r.Segments)) && yield(messageRule, rowsOf(r.Rules)) &&
			yield(messageBlocks, []any{r.Blocks}) && yield(messageBeyond, rowsOf(r.Beyond)) &&
			yield(messageCapture, rowsOf(r.Captures))
	}
}

func rowsOf[T any](all []T) []any {
	rows := make([]any, len(all))
	for i := range all {
		rows[i] = &all[i]
	}
	return rows
}
