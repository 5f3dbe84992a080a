package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
)

// howMeasured says in a saved finding what a replay does with its messages.
func howMeasured(f *Finding) string {
	switch f.Fault {
	case fuzz.Leak:
		return "the messages are sent to a new process again and again"
	case fuzz.Complexity:
		return "each message has twice as many " + f.Measured.X + " as the one before"
	case fuzz.Aging:
		if f.Measured.Drawn {
			return "the message is timed after more and more messages like it, all different"
		}
		return "the message is timed after it was sent more and more often"
	}
	return "after the message nothing is sent for a while"
}

// replayMeasured measures again what a finding is about, in a new process. It returns one
// finding, with what was measured now, or none.
func replayMeasured(ctx context.Context, t target.Target, f *Finding) ([]Finding, error) {
	session, err := t.Open(ctx) // for the error
	if err != nil {
		return nil, err
	}
	m, ok := session.(target.Measured)
	if !ok {
		return nil, errors.Join(errors.New("resources cannot be measured: "+errInside.Error()), session.Close())
	}
	if _, err := m.Usage(); err != nil && !errors.Is(err, resource.ErrEnded) {
		return nil, errors.Join(fmt.Errorf("resources cannot be measured: %w", err), session.Close())
	}
	e := &experiment{session: session, measured: m}
	e.extend()
	defer e.close()
	cases := make([]target.Case, len(f.Messages))
	for i, m := range f.Messages {
		cases[i] = target.NewCase(m)
	}
	now := &Measurement{Resource: f.Measured.Resource, X: f.Measured.X, Drawn: f.Measured.Drawn, Y: unitOf(f.Measured.Resource)}
	detail := ""
	switch f.Fault {
	case fuzz.Leak:
		points, each, grows := e.curve(ctx, cases, now.Resource, leastOf(now.Resource))
		if now.Points, now.Each = points, each; grows {
			detail = fmt.Sprintf("%s grows by about %s with each message, for %.0f messages", nouns[now.Resource], now.Resource.Amount(each), points[len(points)-1].X)
		}
	case fuzz.Complexity:
		for try := 0; try < 3 && detail == ""; try++ { // a busy machine may disturb one
			now.Points = e.costsOf(ctx, cases)
			exponent := superlinear(now.Points, costLeast/4) // this machine may be a faster one
			if exponent == 0 {
				continue
			}
			now.Exponent = exponent
			detail = fmt.Sprintf("time grows with about the power %.1f of the number of %s", exponent, now.X)
		}
	case fuzz.Aging:
		if b := e.studyAgeWith(ctx, cases[len(cases)-1], now.Drawn); b != nil {
			now, detail = b.finding.Measured, b.finding.Detail
		}
	case fuzz.Idle:
		if e.restart(ctx) && e.feed(ctx, cases, idleSending) {
			now.Points = e.idle(ctx)
			if used, busy := busyIdle(now.Points); busy {
				detail = "uses the processor without a message: " + resource.Time.Amount(used)
			}
		}
	default:
		return nil, fmt.Errorf("a finding of the fault %q cannot be measured", f.Fault)
	}
	if detail == "" {
		return nil, ctx.Err()
	}
	d := fuzz.Difference{Fault: f.Fault, Rule: f.Rule, Field: f.Field, Offset: f.Offset, Detail: detail}
	now.Points = resource.Thin(now.Points, mostPoints)
	return []Finding{{Target: t.Name(), Difference: d, Messages: f.Messages, Count: 1, Measured: now}}, nil
}

// costsOf measures messages of which each is twice as large as the one before.
func (e *experiment) costsOf(ctx context.Context, cases []target.Case) (points []resource.Point) {
	if !e.restart(ctx) || !e.feed(ctx, cases[:1], roundSize) {
		return nil
	}
	var took time.Duration
	for i, c := range cases {
		var ok bool
		took, ok = e.cost(ctx, c, took)
		if !ok {
			break
		}
		points = append(points, resource.Point{X: float64(int(1) << i), Y: float64(took)})
	}
	return points
}
