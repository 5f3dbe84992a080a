package capturepage

import (
	"fmt"
	"os"
	"strings"
	"testing"

	ct "github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/page/pagetest"
)

func TestMain(m *testing.M) { os.Exit(pagetest.Run(m)) }

// is compares what an expression comes to.
func is(t *testing.T, b *pagetest.Browser, expression, want string) {
	t.Helper()
	if got := b.Text(expression); got != want {
		t.Errorf("%s is %q, want %q", expression, got, want)
	}
}

const (
	selected = `document.querySelector("#list [aria-selected=true] .name").textContent`
	focused  = `(document.activeElement.id || document.activeElement.className)`
	// litBytes are the bytes that are lit in the first message.
	litBytes = `[...document.querySelectorAll(".hex")][0].querySelectorAll(".lit").length && [...document.querySelectorAll(".hex")[0].querySelectorAll(".lit")].slice(0, 1)[0].textContent`
	litField = `document.querySelector(".tree .lit .name").textContent`
)

// TestKeyboard uses the page with the keyboard alone.
func TestKeyboard(t *testing.T) {
	b := pagetest.Open(t, save(t, listing(t, mixed(), "mixed.pcap")), 1300, 900, false)
	is(t, b, "document.title", "mixed.pcap - pchc pcap")
	is(t, b, `$("shown").textContent`, "13 rows")
	b.Key("/")
	is(t, b, focused, "filter")
	b.Type("batched_offer")
	b.Until("seen.length === 2")
	is(t, b, `$("shown").textContent`, "2 of 13 rows")
	b.Key("Enter")
	is(t, b, focused, "list")
	is(t, b, selected, "BATCHED_OFFER_MESSAGE")
	b.Key("/")
	b.Eval(`$("filter").value = ""; $("filter").dispatchEvent(new Event("input"))`, nil)
	b.Until("seen.length === 13")
	b.Key("Escape", "Home", "ArrowDown", "j", "k", "End")
	is(t, b, selected, "RESPONSE_MESSAGE")
	is(t, b, `$($("list").getAttribute("aria-activedescendant")).getAttribute("aria-posinset")`, "13")
	b.Key("Home")
	is(t, b, selected, "CONTENT_INFORMATION_V1")

	// Enter opens, and the keys go to the fields.
	b.Key("Enter")
	b.Until("detail.views.length === 1")
	is(t, b, focused, "pane tree")
	is(t, b, litField, "Version")
	is(t, b, litBytes, "00 01")
	b.Key("ArrowDown", "j", "k")
	is(t, b, litField, "dwHashAlgo")
	is(t, b, litBytes, "0c 80 00 00")
	is(t, b, `document.querySelector(".told").textContent`, "offset 2 (0x2), 4 bytes: dwHashAlgo = SHA-256 (0x800c)")
	b.Key("Tab")
	is(t, b, focused, "pane hex sixteen few")
	b.Key("ArrowRight")
	is(t, b, litField, "dwOffsetInFirstSegment")
	b.Key("ArrowDown")
	is(t, b, litField, "ullOffsetInContent")
	b.Key("Escape")
	is(t, b, focused, "list")
	is(t, b, `$("detail").hidden`, "true")
	b.Quiet()
}

// TestLink hovers over fields and bytes, and looks for the key.
func TestLink(t *testing.T) {
	b := pagetest.Open(t, save(t, listing(t, mixed(), "mixed.pcap")), 1300, 900, true)
	open := func(name string) {
		t.Helper()
		b.Eval(fmt.Sprintf(`go(rows.findIndex((r) => r.n === %q)); openRow(false)`, name), nil)
		b.Until(fmt.Sprintf(`!$("detail").hidden && $("detail").querySelector("h2 span").textContent === %q`, name))
	}
	open("SEGMENT_INFO_MESSAGE")
	b.Hover(`.tree [data-i="1"]`)
	is(t, b, litField, "MinorVersion")
	is(t, b, litBytes, "00")
	b.Hover(`.tree [data-i="0"]`)                                                                                               // the structure: all its bytes
	is(t, b, `[...document.querySelector(".hex").querySelectorAll(".lit")].reduce((n, e) => n + Number(e.dataset.n), 0)`, "16") // in hex and in characters
	b.Hover(`.hex [data-o="8"]`)
	is(t, b, litField, "Port")
	b.Eval(`detail.views[0].choose(detail.views[0].fields.findIndex((f) => f.name === "SegmentSecret"))`, nil)
	b.Until(`document.querySelector(".hex .lit")`)
	is(t, b, `[...new Set([...document.querySelectorAll(".hex .lit")].map((e) => e.textContent).join("").replaceAll(" ", ""))].join("")`, "·")
	is(t, b, `document.querySelector(".tree .lit .value").textContent`, "redacted")

	// A long field says what is left out, and how to see it.
	open("MSG_GETBLKS")
	b.Eval(`detail.views[1].choose(detail.views[1].fields.findIndex((f) => f.name === "SizeOfVrfBlock"))`, nil)
	b.Until(`document.querySelector(".hex .left-out")`)
	is(t, b, `document.querySelector(".hex .left-out").textContent`, "64528 bytes not on this page: pchc pcap -v --frame 92 'mixed.pcap'")

	// A violation is at its field, and its requirement above.
	b.Eval(`$("state").value = "wrong"; $("state").dispatchEvent(new Event("change"))`, nil)
	is(t, b, `$("shown").textContent`, "2 of 13 rows")
	b.Key("Escape")
	b.Click("#list .row.warn")
	b.Until("detail.views.length === 2")
	is(t, b, `document.querySelector(".verdicts .requirement").textContent`, "MS-PCHC 2.2.1.2: Port MUST be the port on which the client listens for peers, so it MUST NOT be 0.")
	is(t, b, `document.querySelector(".tree .bad .v").textContent`, "  ! is 0, must be 1 to 65535 (PCHC-2.2.1.2-Port)")
	is(t, b, `document.querySelector(".hex .wrong").textContent`, "00 00")
	b.Click(".verdicts button")
	is(t, b, litField, "Port")
	b.Quiet()
}

// TestChecked filters by rules, and uses the time line.
func TestChecked(t *testing.T) {
	page, found := checked(t, mixed(), "mixed.pcap")
	b := pagetest.Open(t, save(t, page), 1300, 900, false)
	violations := 0
	for _, f := range found {
		if f.Class != 0 {
			violations++
		}
	}
	is(t, b, `document.querySelector("h1").textContent`, fmt.Sprintf("12 exchanges, 1 capture problem, %d violations", violations))
	is(t, b, `rows.reduce((n, r) => n + (r.V || []).length, 0)`, fmt.Sprint(violations))
	for _, f := range found { // each is in the row of its frame
		is(t, b, fmt.Sprintf(`rows.filter((r) => (r.n === %q || (r.V || []).some((v) => v.r === %[1]q)) && (r.f === %d || r.q === %[2]d)).length`, f.Rule, f.Frame), "1")
	}
	b.Click(`[data-rule="PCHC-3.1.5.4-Drop"]`)
	is(t, b, "seen.map((i) => rows[i].n).join()", "BATCHED_OFFER_MESSAGE")
	is(t, b, `document.querySelector("[aria-pressed=true]").dataset.rule`, "PCHC-3.1.5.4-Drop")
	b.Click(`[data-rule="PCHC-2.1-HTTPS"]`)
	is(t, b, "seen.length", "2")
	b.Click(`#tools [type="reset"]`)
	b.Until("seen.length === 13")
	b.Eval(`$("state").value = "capture"; $("state").dispatchEvent(new Event("change"))`, nil)
	is(t, b, "seen.map((i) => rows[i].n).join()", "CAPTURE_PROBLEM")
	is(t, b, `getComputedStyle(document.querySelector(".row.problem")).backgroundColor`, "rgb(253, 236, 234)")
	b.Click(`#tools [type="reset"]`)
	b.Until("seen.length === 13")

	// A click goes to the exchange, a drag zooms, and the keys do the same.
	b.Eval(`$("lanes").scrollIntoView({ block: "center" })`, nil)
	var box []float64
	b.Eval(`(() => { const r = $("lanes").getBoundingClientRect(), e = document.querySelector("#lanes .warn").getBoundingClientRect(); return [r.left, r.top, r.width, e.left + 1, e.top + 2] })()`, &box)
	b.Drag(box[3], box[4], box[3], box[4])
	is(t, b, `rows[seen[cursor]].V[0].r`, "PCHC-2.2.1.2-Port")
	b.Until("detail.views.length === 2")
	b.Eval(`closeDetail(); $("lanes").scrollIntoView({ block: "center" })`, nil)
	b.Eval(`(() => { const r = $("lanes").getBoundingClientRect(); return [r.left, r.top, r.width] })()`, &box)
	b.Drag(box[0]+box[2]/2, box[1]+20, box[0]+box[2]-1, box[1]+20)
	b.Until("seen.length < 13 && seen.length > 0")
	is(t, b, "seen.every((i) => timeOf(rows[i]) >= span.from)", "true")
	b.Click("#whole")
	b.Until("seen.length === 13")
	b.Eval(`$("lanes").focus()`, nil)
	b.Key("+", "+", "ArrowRight", "-")
	b.Until("seen.length < 13")
	b.Key("0")
	b.Until("seen.length === 13")
	b.Key("Enter")
	b.Until(`!$("detail").hidden`)
	b.Quiet()
}

// TestHostilePage opens what a hostile capture makes of a page. The copy without a policy
// has to keep its scripts from running by escapes alone.
func TestHostilePage(t *testing.T) {
	page := listing(t, hostile(), hostileName)
	const policy = `<meta http-equiv="Content-Security-Policy"`
	if strings.Count(page, policy) != 1 {
		t.Fatal("no policy")
	}
	b := pagetest.Open(t, save(t, strings.Replace(page, policy, `<meta name="policy"`, 1)), 320, 700, false)
	is(t, b, "document.title", hostileName+" - pchc pcap")
	for i := range 3 {
		b.Eval(fmt.Sprintf("go(%d); openRow(true)", i), nil)
		b.Until(fmt.Sprintf("detail.wanted === rows[%d] && detail.views.length > 0", i))
	}
	is(t, b, `document.querySelectorAll("main script, main img, main iframe, main b").length`, "0")
	is(t, b, "document.documentElement.scrollWidth <= innerWidth", "true")
	b.Quiet()
}

// TestNarrowAndPrinted looks at sizes: nothing is wider than the window, and on paper all
// is there.
func TestNarrowAndPrinted(t *testing.T) {
	page, _ := checked(t, mixed(), "mixed.pcap")
	b := pagetest.Open(t, save(t, page), 320, 700, false)
	b.Eval("go(10); openRow(true)", nil)
	b.Until("detail.views.length === 2")
	is(t, b, "document.documentElement.scrollWidth <= innerWidth", "true")
	is(t, b, `detail.views[0].wide`, "8")
	ids := `[...document.querySelectorAll("[id]")].map((e) => e.id)`
	is(t, b, ids+".length === new Set("+ids+").size", "true")
	is(t, b, `[...document.querySelectorAll("[aria-labelledby]")].every((e) => document.getElementById(e.getAttribute("aria-labelledby")))`, "true")
	b.Resize(800, 900, false)
	b.Print()
	is(t, b, `document.querySelectorAll("#list .row").length`, "13")
	is(t, b, `document.querySelectorAll(".tree")[0].querySelectorAll(".line").length === detail.views[0].fields.length`, "true")
	is(t, b, `[...document.querySelectorAll("#list, .pane")].filter((e) => e.clientHeight < e.scrollHeight - 1).map((e) => e.className + e.clientHeight + " " + e.scrollHeight).join()`, "")
	is(t, b, `$("detail").getBoundingClientRect().top >= $("list").getBoundingClientRect().bottom`, "true")
	b.Eval("dispatchEvent(new Event('afterprint'))", nil)
	b.Quiet()
}

// TestMany counts elements on a page with 10 000 messages, of which some are long.
func TestMany(t *testing.T) {
	var trace ct.Trace
	const conns, each = 50, 100
	for n := range conns {
		c := trace.Conn(n + 1).Open()
		for i := range each {
			size := 1
			if i == 0 {
				size = 128
			}
			c.Send(ct.Post(ct.PathV2, ct.Batch(uint64(i), size))).Reply(ct.Answer(200, ct.OK))
		}
		c.Close()
	}
	b := pagetest.Open(t, save(t, listing(t, trace.Encode(ct.Format{}), "many.pcap")), 1300, 900, false)
	is(t, b, "rows.length", fmt.Sprint(conns*each))
	const most = 1500
	few := func(what string) {
		t.Helper()
		var n int
		if b.Eval(`document.querySelectorAll("*").length`, &n); n > most {
			t.Errorf("%s: %d elements, at most %d", what, n, most)
		}
	}
	few("at first")
	b.Key("/")
	b.Type("frame 4006")
	b.Until("seen.length === 1")
	b.Eval(`$("filter").value = "10.0.0.1:40017"; $("filter").dispatchEvent(new Event("input"))`, nil)
	b.Until(fmt.Sprintf("seen.length === %d", each))
	b.Click(`#tools [type="reset"]`)
	b.Until(fmt.Sprintf("seen.length === %d", conns*each))
	b.Eval(`$("list").focus()`, nil)
	b.Key("End", "PageUp", "PageUp", "Home", "Enter")
	b.Until("detail.views.length === 2")
	is(t, b, "detail.views[0].fields.length > 800", "true")
	few("with a long message open")
	b.Key("End")
	is(t, b, litField, "SegmentHoHoDk")
	few("at the end of its tree")
	b.Quiet()
}
