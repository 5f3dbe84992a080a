package report

import (
	"bytes"
	"encoding/json"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/internal/page/pagetest"
)

func pageOf(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPage checks what has to be on a page, and that it reaches for nothing.
func TestPage(t *testing.T) {
	found := pageOf(t, sample())
	for _, want := range []string{
		"<title>4 findings in 2 of 3 targets, but 1 target aborted - pchc fuzz</title>",
		"PCHC-2.2.1.5-MaxDescriptors", "A BATCHED_OFFER_MESSAGE MUST NOT contain more than 128 SegmentDescriptors.",
		"The hosted cache MUST drop anything but a correctly formatted request, without a response",
		`<span class="bad">! 129th descriptor, at most 128 allowed</span></span>`,
		`<span class="line field"><span class="dim">0010</span>  <span class="c2">00 01 00 00</span>`,
		`<span class="fault">accepts an invalid message: SegmentDescriptor[128]: 129th descriptor, at most 128 allowed</span>`,
		`<span class="fault">crashes or becomes unreachable: exit status 2: panic: index out of range</span>`,
		`<tr class="differs"><th scope="row">valid</th><td>false</td><td>true</td></tr>`,
		`<tr><th scope="row">message</th><td>BATCHED_OFFER_MESSAGE</td><td>BATCHED_OFFER_MESSAGE</td></tr>`,
		`<tr class="differs"><th scope="row">fields.SegmentDescriptor[0].BlockSize</th><td>65536</td><td>256</td></tr>`,
		`<td>is 17, must be 16; it is answered with OK</td>`, `HTTP status 200, 5 bytes: 00 00 00 01 00`,
		"replay &#39;./decoder --json&#39; &#39;out dir/max.txt&#39;",
		"Not saved.", "redacted", "exec: &#34;codec&#34;: not found",
	} {
		if !strings.Contains(found, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, foreign := range []string{"<script", "<img", "<link", "<iframe", "@import", "url(", "src=", "ZgotmplZ"} {
		for _, r := range []*Report{sample(), faultless(), untried(), {Result: &campaign.Result{}}} {
			if strings.Contains(pageOf(t, r), foreign) {
				t.Errorf("a page holds %s", foreign)
			}
		}
		if foreign[0] == '<' && strings.Contains(pageOf(t, hostile()), foreign) { // the rest stands there as text
			t.Errorf("the hostile page holds %s", foreign)
		}
	}
	for state, r := range map[string]*Report{"found": sample(), "well": faultless(), "untried": untried()} {
		if !strings.Contains(pageOf(t, r), `<div class="verdict `+state+`">`) {
			t.Errorf("not in the state %s", state)
		}
	}
	if strings.Contains(pageOf(t, untried()), "class=\"plot\"") {
		t.Error("a plot of nothing")
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		most  float64
		whole bool
		want  string
	}{
		{0, true, "0 1"}, {1, true, "0 1"}, {2, true, "0 1 2"}, {3, true, "0 1 2 3"}, {7, true, "0 2 4 6 8"}, {20, false, "0 5 10 15 20"},
		{0.3, false, "0 0.1 0.2 0.3"}, {61_300, false, "0 20k 40k 60k 80k"}, {412, true, "0 100 200 300 400 500"},
		{1_700_000, false, "0 500k 1M 1.5M 2M"}, {9_999, false, "0 2000 4000 6000 8000 10k"},
	} {
		var got []string
		for _, v := range ticks(c.most, c.whole) {
			got = append(got, short(math.Round(v*1e9)/1e9))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%v: %s, want %s", c.most, s, c.want)
		}
	}
}

// TestPlots checks the numbers that plots and their tables show.
func TestPlots(t *testing.T) {
	all := plots(sample())
	if len(all) != 3 {
		t.Fatalf("%d plots", len(all))
	}
	for i, want := range []struct{ summary, row string }{
		{"Rate over 20 s (messages a second): at most", "20 s"},
		{"Coverage over 20 s (points of the specification): at most 411 (./decoder --json).", "20 s 411 229 0"},
		{"Findings over 20 s (findings, when first seen): at most 3 (./decoder --json).", "20 s 3 1 0"},
	} {
		p := all[i]
		if row := strings.Join(p.Rows[len(p.Rows)-1], " "); !strings.HasPrefix(p.Summary, want.summary) || !strings.HasPrefix(row, want.row) {
			t.Errorf("%s: %q %q", p.ID, p.Summary, row)
		}
	}
	// The second target's finding is at 12 of 20 seconds, and a third as high as
	// those of the first.
	if got, want := all[2].Lines[1].Path, "H229.6V124.7"; strings.Count(got, want) != 1 || !strings.HasPrefix(got, "M52.0 182.0") || !strings.HasSuffix(got, "H348.0V124.7") {
		t.Errorf("%s, want %s in it", got, want)
	}
	if n := strings.Count(all[0].Lines[0].Path, "L"); n < plotPoints/2 || n > 2*plotPoints {
		t.Errorf("a line of rates has %d points", n)
	}
	few := sample()
	few.Targets = few.Targets[:1]
	few.Targets[0].Samples = []campaign.Sample{{At: few.Elapsed, Executions: 100, Coverage: 1}, {At: few.Elapsed, Executions: 100, Coverage: 1}}
	if got := plots(few)[0].Rows[9]; got[1] != "5" {
		t.Errorf("100 messages in 20 s: %v", got)
	}
	// A finding counts from when it was first seen, not from when a sample had it.
	few.Targets[0].Samples[0] = campaign.Sample{At: 10 * time.Second, Coverage: 1, Findings: 7}
	few.Findings = []campaign.Finding{{Target: few.Targets[0].Name, At: 9 * time.Second}, {Target: few.Targets[0].Name, At: 30 * time.Second}, {Target: "another"}}
	if got := plots(few)[2].Rows; got[3][1] != "0" || got[4][1] != "1" || got[9][1] != "2" {
		t.Errorf("findings from 9 s on: %v", got)
	}
	// Memory that was not read yet is not 0.
	few.Targets[0].Resources.Most = resource.Usage{Processes: 1, Memory: 5 << 20}
	few.Targets[0].Samples[1].Usage = resource.Usage{Processes: 2, Memory: 9 << 20}
	if got := plots(few)[3].Rows; got[3][1] != "-" || got[9][1] != "9" || plots(few)[0].Note == "" {
		t.Errorf("memory: %v", got)
	}
	if got := used(&few.Targets[0]); !strings.HasPrefix(got, "at most 5.0 MiB of memory, 0 open files and 0 threads in each of 2 processes; ") {
		t.Error(got)
	}
	// What covers nothing has no plot of that, and none of its messages is uncounted.
	few.Targets[0].Client = true
	if all := plots(few); len(all) != 3 || all[1].ID != "findings" || all[0].Note != "" {
		t.Errorf("of a client: %+v", all)
	}
	few.Elapsed = 0
	if plots(few) != nil || plots(&Report{Result: &campaign.Result{}}) != nil {
		t.Error("plots of nothing")
	}
}

// probe is run in a copy of a page, and tells of it what a person would see.
const probe = `<script>
const rect = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom] };
const told = {
  title: document.title, wide: document.documentElement.scrollWidth, room: innerWidth,
  foreign: document.querySelectorAll('main script, main img, main iframe').length,
  ids: [...document.querySelectorAll('[id]')].map(e => e.id),
  labelled: [...document.querySelectorAll('[aria-labelledby]')].map(e => e.getAttribute('aria-labelledby')),
  plots: [...document.querySelectorAll('svg.plot')].map(s => ({
    rect: rect(s), label: s.getAttribute('aria-label'),
    rows: s.parentNode.querySelectorAll('tbody tr').length,
    texts: [...s.querySelectorAll('text')].map(t => ({rect: rect(t), text: t.textContent})),
    lines: [...s.querySelectorAll('path.curve')].map(l => ({rect: rect(l), length: l.getTotalLength(), stroke: getComputedStyle(l).stroke})),
  })),
};
const out = document.createElement('div');
out.id = 'told';
out.textContent = JSON.stringify(told).replaceAll('<', '\\u003c').replaceAll('&', '\\u0026').replaceAll('>', '\\u003e');
document.body.append(out);
</script>`

type seenPage struct {
	Title      string
	Wide, Room float64
	Foreign    int
	IDs        []string
	Labelled   []string
	Plots      []struct {
		Rect  box
		Label string
		Rows  int
		Texts []struct {
			Rect box
			Text string
		}
		Lines []struct {
			Rect   box
			Length float64
			Stroke string
		}
	}
}

// box is left, top, right, bottom.
type box [4]float64

func (b box) holds(c box) bool {
	return c[0] >= b[0]-1 && c[1] >= b[1]-1 && c[2] <= b[2]+1 && c[3] <= b[3]+1
}

func (b box) meets(c box) bool {
	return c[0] < b[2] && b[0] < c[2] && c[1] < b[3] && b[1] < c[3]
}

// TestBrowser opens pages in Chromium, wide and narrow.
func TestBrowser(t *testing.T) {
	chromium := pagetest.Chromium(t)
	for _, c := range []struct {
		name  string
		r     *Report
		sizes []string
	}{{"sample", sample(), []string{"1300,900", "500,900"}}, {"hostile", hostile(), []string{"500,900"}}} {
		page := pageOf(t, c.r)
		const policy = `<meta http-equiv="Content-Security-Policy"`
		if !strings.Contains(page, policy) {
			t.Fatal("scripts are not forbidden")
		}
		// The copy lets scripts run, so that the probe can, and so that escaping
		// alone has to keep those of the hostile page from it.
		probed := strings.Replace(page, policy, `<meta name="policy"`, 1)
		file := filepath.Join(t.TempDir(), "report.html")
		write(t, file, strings.Replace(probed, "</body>", probe+"</body>", 1))
		for _, size := range c.sizes {
			dom := run(t, chromium, "--window-size="+size, "--dump-dom", "file://"+filepath.ToSlash(file))
			_, told, _ := strings.Cut(dom, `<div id="told">`)
			told, _, _ = strings.Cut(told, "</div>")
			var seen seenPage
			if err := json.Unmarshal([]byte(told), &seen); err != nil {
				t.Fatalf("%s at %s: %v in %.300s", c.name, size, err, dom)
			}
			checkPage(t, c.name+" at "+size, c.r, &seen)
		}
	}
}

func checkPage(t *testing.T, name string, r *Report, seen *seenPage) {
	t.Helper()
	if line, _ := verdict(r); seen.Title != line+" - pchc fuzz" || seen.Foreign != 0 {
		t.Errorf("%s: title %q, %d foreign elements", name, seen.Title, seen.Foreign)
	}
	if seen.Wide > seen.Room {
		t.Errorf("%s: %v wide, there is room for %v", name, seen.Wide, seen.Room)
	}
	ids := map[string]bool{}
	for _, id := range seen.IDs {
		if ids[id] {
			t.Errorf("%s: two elements are called %s", name, id)
		}
		ids[id] = true
	}
	for _, id := range seen.Labelled {
		if !ids[id] {
			t.Errorf("%s: there is no label %s", name, id)
		}
	}
	if len(seen.Plots) != 3 {
		t.Fatalf("%s: %d plots", name, len(seen.Plots))
	}
	sampled := 0
	for i := range r.Targets {
		if len(r.Targets[i].Samples) > 0 {
			sampled++
		}
	}
	for _, p := range seen.Plots {
		strokes := map[string]bool{}
		lines := 0
		for _, l := range p.Lines {
			if !p.Rect.holds(l.Rect) || l.Length < 1 || l.Rect[2]-l.Rect[0] < (p.Rect[2]-p.Rect[0])/2 {
				t.Errorf("%s: %s: a line of length %v at %v of %v", name, p.Label, l.Length, l.Rect, p.Rect)
			}
			strokes[l.Stroke] = true
			lines++
		}
		if lines < sampled || len(strokes) != lines || strokes["none"] || p.Rows != plotRows {
			t.Errorf("%s: %s: %d lines, %v, %d rows", name, p.Label, lines, strokes, p.Rows)
		}
		for i, a := range p.Texts {
			if !p.Rect.holds(a.Rect) || a.Rect[3]-a.Rect[1] < 9 {
				t.Errorf("%s: %s: %q at %v of %v", name, p.Label, a.Text, a.Rect, p.Rect)
			}
			for _, b := range p.Texts[:i] {
				if a.Rect.meets(b.Rect) {
					t.Errorf("%s: %s: %q lies over %q", name, p.Label, a.Text, b.Text)
				}
			}
		}
	}
}

// TestScreenshot looks for the plots' lines on a picture of the page as it is.
func TestScreenshot(t *testing.T) {
	chromium := pagetest.Chromium(t)
	folder := t.TempDir()
	file, shot := filepath.Join(folder, "report.html"), filepath.Join(folder, "shot.png")
	write(t, file, pageOf(t, faultless()))
	run(t, chromium, "--window-size=1300,1200", "--hide-scrollbars", "--screenshot="+shot, "file://"+filepath.ToSlash(file))
	f, err := os.Open(shot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{"1f5fbf": 0, "a84d08": 0} // of the first and the second target
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			r, g, b, _ := picture.At(x, y).RGBA()
			colour := strconv.FormatUint(uint64(r>>8<<16|g>>8<<8|b>>8|1<<24), 16)[1:]
			if _, ok := found[colour]; ok {
				found[colour]++
			}
		}
	}
	for colour, n := range found {
		if n < 300 {
			t.Errorf("%d points of #%s", n, colour)
		}
	}
}

// run runs Chromium without a window, with a profile of its own and no network.
func run(t *testing.T, chromium string, args ...string) string {
	t.Helper()
	profile, err := os.MkdirTemp("", "pchc-report-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(profile) // a process of Chromium's may still write there, and that is no fault
	all := append(pagetest.Flags(profile), args...)
	cmd := exec.CommandContext(t.Context(), chromium, all...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	return string(out)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
