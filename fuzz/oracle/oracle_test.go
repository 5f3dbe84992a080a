package oracle

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

var sink []byte

func TestCheckMemory(t *testing.T) {
	for _, c := range []struct {
		name     string
		allocate int
		n        int
		tooMuch  bool
	}{
		{"nothing", 0, 0, false},
		{"what is free", 32 << 10, 0, false},
		{"a claim", 1 << 20, 20, true},
		{"what the bytes back", 1 << 20, 1 << 15, false},
		{"less than that", 4 << 20, 1 << 15, true},
	} {
		got := CheckMemory(c.n, func() { sink = make([]byte, c.allocate) })
		if (got != nil) != c.tooMuch || got != nil && got.Fault != fuzz.Memory {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	// Once is chance: another goroutine, a pool that is filled.
	calls := 0
	if got := CheckMemory(0, func() {
		if calls++; calls == 1 {
			sink = make([]byte, 1<<20)
		}
	}); got != nil || calls != 2 {
		t.Errorf("after %d calls: %v", calls, got)
	}
	sink = nil
}

// What another goroutine allocates all the time is not blamed on a decoder that is slow.
func TestCheckMemoryBeside(t *testing.T) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	defer func() { close(stop); <-stopped }()
	var allocations atomic.Int64
	go func() {
		defer close(stopped)
		var own []byte
		for {
			select {
			case <-stop:
				runtime.KeepAlive(own)
				return
			default:
				own = make([]byte, 1<<20)
				allocations.Add(1)
			}
		}
	}()
	before := runtime.GOMAXPROCS(0)
	if got := CheckMemory(0, func() { // takes so long, as long as both run at the same time
		for n := allocations.Load(); allocations.Load() < n+2 && runtime.GOMAXPROCS(0) > 1; {
			runtime.Gosched()
		}
	}); got != nil {
		t.Error(got)
	}
	if after := runtime.GOMAXPROCS(0); after != before {
		t.Errorf("GOMAXPROCS is %d, was %d", after, before)
	}
}

func TestCheckTime(t *testing.T) {
	const limit = time.Millisecond
	busy := func() {
		for start := time.Now(); time.Since(start) <= limit; {
		}
	}
	if got := checkTime(0, limit, busy); got == nil || got.Fault != fuzz.Slow {
		t.Errorf("%v of what is always slow", got)
	}
	calls := 0
	if got := CheckTime(0, func() {
		if calls++; calls == 1 {
			busy()
		}
	}); got != nil {
		t.Errorf("after %d calls: %v", calls, got)
	}
	if short, long := timeLimit(0), timeLimit(64<<10); short < 50*time.Millisecond || long <= short || long > time.Second {
		t.Errorf("the limits are %v and %v", short, long)
	}
}

// What a message claims and does not back is what memory is looked at for.
func TestFalseClaim(t *testing.T) {
	offer := "\x00\x02\x00\x03\x00\x00\x00\x00\x1f\x90\x00\x00\x00\x00\x00\x00"
	for _, c := range []struct {
		kind spec.Kind
		b    string
		want string
	}{
		{spec.Request, offer, ""},
		{spec.Request, offer + strings.Repeat("\xff", 59), ""}, // two bytes claim little
		{spec.Response, "\xff\xff\xff\xff\x00", "PCHC-2.2.2.1-Size"},
		{spec.Content, "\x00\x02\x04" + strings.Repeat("\x00", 29) + "\xff\xff\xff\xff", "PCCRC-2.4.1.1-dwChunkDataLength"},
		{spec.Content, "\x00\x01\x0c\x80\x00\x00" + strings.Repeat("\x00", 8) + "\xff\xff\xff\xff", "PCCRC-2.3-cSegments"},
	} {
		if got, claims := falseClaim(spec.Dissect(c.kind, []byte(c.b))); got.Rule != c.want || claims != (c.want != "") {
			t.Errorf("%q: %q, want %q", c.b, got.Rule, c.want)
		}
	}
}

// Each way in which the two readings can part is told, at the right place.
func TestDifferences(t *testing.T) {
	offer := []byte("\x00\x01\x00\x01\x00\x00\x00\x00\x1f\x90\x00\x00\x00\x00\x00\x00" + strings.Repeat("h", 32))
	batch := []byte("\x00\x02\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x01\x00\x00\x00\x01\x00\x00\x00\x10BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00\x04" + strings.Repeat("h", 32))
	with := func(b []byte, at int, v byte) []byte {
		b = append([]byte(nil), b...)
		b[at] = v
		return b
	}
	for _, c := range []struct {
		name  string
		b     []byte // what the codec is given
		other []byte // what spec is given
		want  fuzz.Difference
	}{
		{"accepted", offer, with(offer, 0, 1), fuzz.Difference{Fault: fuzz.Accepted, Rule: "PCHC-2.2.1.1-MinorVersion", Field: "MessageHeader.MinorVersion"}},
		{"rejected", with(offer, 3, 9), offer, fuzz.Difference{Fault: fuzz.Rejected, Rule: "PCHC-2.2.1.1-Type", Offset: 2, Field: "MessageHeader.Type"}},
		{"other place", with(offer, 1, 9), with(offer, 0, 1), fuzz.Difference{Fault: fuzz.WrongRule, Rule: "PCHC-2.2.1.1-MinorVersion", Field: "MessageHeader.MinorVersion"}},
		{"other value", with(offer, 1, 9), with(offer, 1, 8), fuzz.Difference{Fault: fuzz.WrongRule, Rule: "PCHC-2.2.1.1-MajorVersion", Offset: 1, Field: "MessageHeader.MajorVersion"}},
		{"other length", offer[:40], offer[:5], fuzz.Difference{Fault: fuzz.WrongRule, Rule: "PCHC-2.2.1.1-Truncated", Offset: 4, Field: "MessageHeader.Padding"}},
		{"other message", with(offer, 0, 1), with(with(offer, 0, 1), 3, 2), fuzz.Difference{Fault: fuzz.WrongName, Rule: "PCHC-2.2.1.1-MinorVersion", Field: "MessageHeader.MinorVersion"}},
		{"port", offer, with(offer, 9, 1), fuzz.Difference{Fault: fuzz.WrongField, Rule: "PCHC-2.2.1.2-Port", Offset: 8, Field: "ConnectionInformation.Port"}},
		{"bytes", batch, with(with(batch, 45, 'x'), 9, 0), fuzz.Difference{Fault: fuzz.WrongField, Rule: "PCHC-2.2.1.5-SegmentHoHoDk", Offset: 43, Field: "SegmentDescriptor[0].SegmentHoHoDk"}},
		{"one field more", append(batch, batch[16:]...), batch, fuzz.Difference{Fault: fuzz.WrongField, Offset: 75}},
		{"one field less", batch, append(batch, batch[16:]...), fuzz.Difference{Fault: fuzz.WrongField, Rule: "PCHC-2.2.1.5-BlockSize", Offset: 75, Field: "SegmentDescriptor[1].BlockSize"}},
		{"sender rule that codec knows", batch, with(batch, 9, 1), fuzz.Difference{Fault: fuzz.Sender, Rule: "PCHC-2.2.1.2-Port", Offset: 8, Field: "ConnectionInformation.Port"}},
		{"sender rule that spec knows", with(batch, 9, 1), batch, fuzz.Difference{Fault: fuzz.Sender, Rule: "PCHC-2.2.1.2-Port", Offset: 8, Field: "ConnectionInformation.Port"}},
	} {
		got := Check(fuzz.Message{Kind: spec.Request, Bytes: c.b}, spec.Dissect(spec.Request, c.other))
		if got == nil {
			t.Errorf("%s: not told", c.name)
			continue
		}
		if got.Detail == "" {
			t.Errorf("%s: no detail", c.name)
		}
		got.Detail = ""
		if *got != c.want {
			t.Errorf("%s:\n%+v, want\n%+v", c.name, *got, c.want)
		}
	}
}

// bad is an encoder that does one thing wrong.
type bad struct {
	encode, strict func() ([]byte, error)
	sender         error
}

func (b bad) AppendLenient(dst []byte) ([]byte, error) { return add(dst, b.encode) }
func (b bad) AppendBinary(dst []byte) ([]byte, error)  { return add(dst, b.strict) }
func (b bad) CheckSenderRules() error                  { return b.sender }

func add(dst []byte, encode func() ([]byte, error)) ([]byte, error) {
	b, err := encode()
	return append(dst, b...), err
}

func TestEncoding(t *testing.T) {
	right := []byte("\x00\x00\x00\x01\x00")
	gives := func(b string, err error) func() ([]byte, error) {
		return func() ([]byte, error) { return []byte(b), err }
	}
	ok := gives(string(right), nil)
	failed := errors.New("failed")
	portError := pccrc.NewError(pccrc.ErrorFields{Rule: codec.RulePort, Sender: true, Field: "Port", Offset: 8})
	port := &portError
	for _, c := range []struct {
		name   string
		m      bad
		fault  fuzz.Fault
		offset int
		field  string
	}{
		{"fails", bad{encode: gives("", failed), strict: ok}, fuzz.Encoding, 0, ""},
		{"another code", bad{encode: gives("\x00\x00\x00\x01\x01", nil), strict: ok}, fuzz.Encoding, 4, "ResponseCode"},
		{"too little", bad{encode: gives("\x00\x00\x00\x01", nil), strict: ok}, fuzz.Encoding, 4, "ResponseCode"},
		{"too much", bad{encode: gives("\x00\x00\x00\x01\x00\x00", nil), strict: ok}, fuzz.Encoding, 5, ""},
		{"another size", bad{encode: gives("\x00\x00\x01\x01\x00", nil), strict: ok}, fuzz.Encoding, 0, "TransportHeader.Size"},
		{"strict encoder fails", bad{encode: ok, strict: gives("", failed)}, fuzz.Encoding, 0, ""},
		{"strict encoder writes less", bad{encode: ok, strict: gives("\x00", nil)}, fuzz.Encoding, 0, ""},
		{"another type of error", bad{encode: ok, strict: ok, sender: failed}, fuzz.BadReply, 0, ""},
		{"no such violation", bad{encode: ok, strict: ok, sender: port}, fuzz.Sender, 8, "Port"},
		{"nothing", bad{encode: ok, strict: ok}, "", 0, ""},
	} {
		got := accepted(c.m, right, spec.Dissect(spec.Response, right), func(f *fields) {
			f.integer("Size", 4, 1)
			f.integer("ResponseCode", 1, 0)
		})
		if got == nil {
			got = &fuzz.Difference{}
		}
		if got.Fault != c.fault || got.Offset != c.offset || got.Field != c.field {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestForeignError(t *testing.T) {
	b := []byte{1}
	if got := rejected(errors.New("failed"), spec.Dissect(spec.Request, b)); got == nil || got.Fault != fuzz.BadReply {
		t.Errorf("%v of an error of another type", got)
	}
}
