package pagetest

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/internal/testutil"
)

// Chromium returns the path of Chromium.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	testutil.Missing(t, "chromium is not installed")
	return ""
}

// Flags keep Chromium without a window, and away from the network.
func Flags(profile string) []string {
	return []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + profile,
	}
}

// shared is the Chromium of all tests of a package, nil until one opens a page.
var shared *process

// process is a running Chromium.
type process struct {
	cmd     *exec.Cmd
	to      *os.File
	from    *os.File
	in      *bufio.Reader
	profile string
	stderr  bytes.Buffer
	id      int
}

// Run runs the tests of a package, and ends the Chromium that they have shared. Its
// TestMain returns what it returns:
//
//	func TestMain(m *testing.M) { os.Exit(pagetest.Run(m)) }
func Run(m *testing.M) int {
	status := m.Run()
	if shared != nil {
		shared.to.Close() // which ends it
		_ = shared.cmd.Wait()
		shared.from.Close()
		os.RemoveAll(shared.profile) // a process of Chromium's may still write there, and that is no fault
	}
	return status
}

// Browser is a page in Chromium. It ends with the test.
type Browser struct {
	*process
	t        testing.TB
	session  string
	loaded   bool
	file     string
	Console  []string // errors and messages on the console, and exceptions
	Requests []string // URLs that the page asked for, but that of its own file
}

type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// Open opens a file in a window of a size, in light or dark.
func Open(t testing.TB, file string, width, height int, dark bool) *Browser {
	t.Helper()
	if shared == nil {
		shared = start(t)
	}
	b := &Browser{process: shared, t: t}
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	t.Cleanup(func() {
		b.session = ""
		b.call("Target.closeTarget", map[string]any{"targetId": target.TargetID}, nil)
	})
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	b.Resize(width, height, dark)
	absolute, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	b.file = "file://" + filepath.ToSlash(absolute)
	b.call("Page.navigate", map[string]any{"url": b.file}, nil)
	for !b.loaded {
		b.read()
	}
	return b
}

// Resize gives the window a size, and the page a colour scheme.
func (b *Browser) Resize(width, height int, dark bool) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.media("screen", scheme)
}

func (b *Browser) media(kind, scheme string) {
	b.t.Helper()
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": kind, "features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Print makes the page as it would be printed.
func (b *Browser) Print() {
	b.t.Helper()
	b.media("print", "light")
	b.Eval("dispatchEvent(new Event('beforeprint'))", nil)
}

// start starts Chromium.
func start(t testing.TB) *process {
	t.Helper()
	path := Chromium(t)
	p := &process{}
	in, out := p.pipes(t)
	p.cmd = exec.Command(path, append(Flags(p.profile), "--remote-debugging-pipe", "about:blank")...)
	p.cmd.ExtraFiles = []*os.File{in, out} // 3 and 4
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = 5 * time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	return p
}

// pipes makes the pipes to Chromium and its folder. It returns Chromium's ends.
func (p *process) pipes(t testing.TB) (in, out *os.File) {
	t.Helper()
	var errs [3]error
	in, p.to, errs[0] = os.Pipe()
	p.from, out, errs[1] = os.Pipe()
	p.profile, errs[2] = os.MkdirTemp("", "pchc-page-")
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	p.in = bufio.NewReaderSize(p.from, 1<<20)
	return in, out
}

func (b *Browser) send(method string, params any) error {
	b.id++
	text, err := json.Marshal(message{ID: b.id, Session: b.session, Method: method, Params: params})
	if err != nil {
		return err
	}
	_, err = b.to.Write(append(text, 0))
	return err
}

// call calls a method of the protocol, and waits for its result.
func (b *Browser) call(method string, params, result any) {
	b.t.Helper()
	if err := b.send(method, params); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for id := b.id; ; {
		m := b.read()
		if m.ID != id {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v in %.200s", method, err, m.Result)
			}
		}
		return
	}
}

// read reads a message, and takes note of an event.
func (b *Browser) read() *message {
	b.t.Helper()
	text, err := b.in.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("Chromium ended: %v\n%.2000s", err, &b.stderr)
	}
	var m struct {
		message
		Params json.RawMessage `json:"params"`
	}
	if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
		b.t.Fatal(err)
	}
	var p struct {
		Request          struct{ URL string }
		Type             string
		Args             []struct{ Value any }
		Entry            struct{ Level, Text string }
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	if m.Session != b.session {
		return &m.message // of a page that is closed
	}
	switch m.Method {
	case "Page.loadEventFired":
		b.loaded = true
	case "Network.requestWillBeSent", "Runtime.consoleAPICalled", "Log.entryAdded", "Runtime.exceptionThrown", "Page.javascriptDialogOpening":
		_ = json.Unmarshal(m.Params, &p) // what it lacks stays empty
	}
	switch m.Method {
	case "Network.requestWillBeSent":
		if url := p.Request.URL; url != b.file && url != "about:blank" {
			b.Requests = append(b.Requests, url)
		}
	case "Runtime.consoleAPICalled":
		b.Console = append(b.Console, fmt.Sprint(p.Type, ": ", p.Args))
	case "Log.entryAdded":
		b.Console = append(b.Console, p.Entry.Level+": "+p.Entry.Text)
	case "Runtime.exceptionThrown":
		b.Console = append(b.Console, p.ExceptionDetails.Text+" "+p.ExceptionDetails.Exception.Description)
	case "Page.javascriptDialogOpening":
		b.Console = append(b.Console, "dialog: "+string(m.Params))
		_ = b.send("Page.handleJavaScriptDialog", map[string]any{"accept": true})
	}
	return &m.message
}

// Eval evaluates an expression, and waits for it if it is a promise. result takes its
// value, unless it is nil.
func (b *Browser) Eval(expression string, result any) {
	b.t.Helper()
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": result != nil}, &r)
	if e := r.ExceptionDetails; e != nil {
		b.t.Fatalf("%s: %s %s", expression, e.Text, e.Exception.Description)
	}
	if result != nil {
		if err := json.Unmarshal(r.Result.Value, result); err != nil {
			b.t.Fatalf("%s: %v in %s", expression, err, r.Result.Value)
		}
	}
}

// Text evaluates an expression whose value is a string.
func (b *Browser) Text(expression string) string {
	b.t.Helper()
	var s string
	b.Eval("String("+expression+")", &s)
	return s
}

// Until waits until an expression is true. It draws frames meanwhile, and fails after
// many of them.
func (b *Browser) Until(expression string) {
	b.t.Helper()
	var ok bool
	b.Eval(`new Promise((done) => {
  let n = 0;
  const look = () => { if (`+expression+`) done(true); else if (++n > 1000) done(false); else setTimeout(look, 10); };
  look();
})`, &ok)
	if !ok {
		b.t.Fatalf("never true: %s", expression)
	}
}

// at returns the middle of the first element that a selector finds, once it is in sight.
func (b *Browser) at(selector string) (x, y float64) {
	b.t.Helper()
	var p []float64
	quoted, _ := json.Marshal(selector) // of a string
	b.Eval(`(() => {
  const e = document.querySelector(`+string(quoted)+`);
  if (!e) return [];
  const inside = (r) => r.top >= 0 && r.bottom <= innerHeight;
  if (!inside(e.getBoundingClientRect())) e.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  const r = e.getBoundingClientRect();
  return [r.left + Math.min(r.width / 2, 200), r.top + r.height / 2];
})()`, &p)
	if len(p) != 2 {
		b.t.Fatalf("no element %s", selector)
	}
	return p[0], p[1]
}

func (b *Browser) mouse(kind string, x, y float64, more map[string]any) {
	b.t.Helper()
	params := map[string]any{"type": kind, "x": x, "y": y}
	for k, v := range more {
		params[k] = v
	}
	b.call("Input.dispatchMouseEvent", params, nil)
}

// Hover moves the mouse over an element.
func (b *Browser) Hover(selector string) {
	b.t.Helper()
	x, y := b.at(selector)
	b.mouse("mouseMoved", x, y, nil)
}

// Click clicks on an element.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	x, y := b.at(selector)
	b.Drag(x, y, x, y)
}

// Drag presses the button at one point of the window and releases it at another.
func (b *Browser) Drag(x, y, toX, toY float64) {
	b.t.Helper()
	button := map[string]any{"button": "left", "buttons": 1, "clickCount": 1}
	b.mouse("mouseMoved", x, y, nil)
	b.mouse("mousePressed", x, y, button)
	b.mouse("mouseMoved", toX, toY, button)
	b.mouse("mouseReleased", toX, toY, map[string]any{"button": "left", "clickCount": 1})
}

// Key presses a key by its name, such as "ArrowDown", "Enter" or "j".
func (b *Browser) Key(names ...string) {
	b.t.Helper()
	codes := map[string]int{"Tab": 9, "Enter": 13, "Escape": 27, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "PageUp": 33, "PageDown": 34}
	for _, name := range names {
		params := map[string]any{"type": "keyDown", "key": name}
		if code, ok := codes[name]; ok {
			params["windowsVirtualKeyCode"], params["code"] = code, name
			if name == "Enter" {
				params["text"] = "\r"
			}
		} else {
			params["text"] = name
		}
		b.call("Input.dispatchKeyEvent", params, nil)
		b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name}, nil)
	}
}

// Type types a text into the element with the focus.
func (b *Browser) Type(text string) {
	b.t.Helper()
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// Screenshot returns a picture of the window as PNG, of the whole page if that is asked for.
func (b *Browser) Screenshot(whole bool) []byte {
	b.t.Helper()
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": whole}, &shot)
	picture, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return picture
}

// Quiet fails the test if the page has asked for anything, or complained.
func (b *Browser) Quiet() {
	b.t.Helper()
	b.Eval("1", nil) // what was on its way is here
	if len(b.Requests)+len(b.Console) > 0 {
		b.t.Errorf("requests %q, console %s", b.Requests, strings.Join(b.Console, "\n"))
	}
}
