package input

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What tshark -x writes above what it shows of a packet: its frame, and then
// what it has reassembled, decrypted or decoded.
var viewTitle = lazy(`^\S.* \([0-9]+ bytes?\):$`)

const frameTitle = "Frame ("

// isView reports whether p is a view by tshark of the packet whose frame is given.
func isView(frame, p *part) bool {
	return strings.HasPrefix(frame.title, frameTitle) && !strings.HasPrefix(p.title, frameTitle) && viewTitle().MatchString(p.title)
}

// tsharkLayers marks the JSON of tshark: -T json, -T jsonraw, -T ek.
var tsharkLayers = lazy(`"layers": ?\{`)

// parseTsharkJSON reads the packets in tshark's JSON. Each has its frame and what
// was reassembled, if -x was given. It adds them one after the other.
func parseTsharkJSON(w *window, add func(part) error) error {
	for {
		lines := w.ahead(2)
		if len(lines) < 2 || strings.Contains("[{", strings.TrimSpace(lines[0].text)[:1]) {
			break
		}
		w.at(w.index + 1)
	}
	text := &windowReader{w: w}
	j := jsonPackets{text: text, d: json.NewDecoder(text), add: add}
	for {
		err := j.token()
		if cut := w.failed(); cut != nil {
			return cut
		}
		var syntax *json.SyntaxError
		switch {
		case err == io.EOF && j.depth > 0, err == io.ErrUnexpectedEOF:
			return w.last.fault(0, "the JSON does not end: it was not copied whole")
		case err == io.EOF:
			return nil
		case errors.As(err, &syntax):
			return j.here().fault(0, "the JSON is damaged")
		case err != nil:
			return err
		}
	}
}

// jsonPackets are the packets of tshark's JSON, while it is read.
type jsonPackets struct {
	d      *json.Decoder
	text   *windowReader
	add    func(part) error
	depth  int    // of the place that is read
	layers int    // depth of the layers of the current packet, 0 outside of them
	keys   []bool // by depth: in an object, whether a key is next; false in an array
	object []bool // by depth
	views  map[string][]byte
}

// here returns the line that is read.
func (j *jsonPackets) here() line { return j.text.line(j.d.InputOffset()) }

// token reads the next token, and the value after the keys that are wanted.
func (j *jsonPackets) token() error {
	t, err := j.d.Token()
	if err != nil {
		return err
	}
	isKey := j.depth > 0 && j.object[j.depth-1] && j.keys[j.depth-1]
	if j.depth > 0 {
		j.keys[j.depth-1] = !isKey
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' || t == '[' {
			j.depth++
			j.keys, j.object = append(j.keys[:j.depth-1], true), append(j.object[:j.depth-1], t == '{')
			return nil
		}
		j.depth--
		if j.layers > 0 && j.depth < j.layers {
			return j.packet()
		}
	case string:
		if !isKey {
			return nil
		}
		if t == "layers" && j.layers == 0 {
			j.layers, j.views = j.depth+1, map[string][]byte{}
			return nil
		}
		if name := wantedView(t); j.layers > 0 && name != "" {
			var v any
			if err := j.d.Decode(&v); err != nil {
				return err
			}
			j.keys[j.depth-1] = true
			b, err := hex.DecodeString(firstString(v))
			if err != nil {
				return j.here().fault(0, `"`+t+`" is not hex`)
			}
			if name == "http" {
				b = append(j.views[name], b...)
			}
			if _, twice := j.views[name]; !twice || name == "http" {
				j.views[name] = b
			}
		}
	}
	return nil
}

// wantedView returns what the bytes of a field are, "" of one that is not needed.
// -T ek writes "tcp_tcp_reassembled_data_raw" where -T json writes
// "tcp.reassembled.data_raw".
func wantedView(key string) string {
	key = strings.ReplaceAll(key, ".", "_")
	switch {
	case key == "frame_raw":
		return "frame"
	case key == "tls_raw", key == "ssl_raw":
		return "tls"
	case key == "http_raw":
		return "http"
	case strings.HasSuffix(key, "http_file_data_raw"):
		return "body"
	case strings.HasSuffix(key, "tcp_reassembled_data_raw"):
		return "Reassembled TCP"
	case strings.HasSuffix(key, "ip_reassembled_data_raw"), strings.HasSuffix(key, "ipv6_reassembled_data_raw"):
		return "Reassembled IP"
	}
	return ""
}

// firstString returns the string that v is or begins with.
func firstString(v any) string {
	for {
		switch w := v.(type) {
		case string:
			return w
		case []any:
			if len(w) > 0 {
				v = w[0]
				continue
			}
		}
		return ""
	}
}

// packet adds the packet whose layers have ended.
func (j *jsonPackets) packet() error {
	j.layers = 0
	v, no := j.views, j.here()
	frame := v["frame"]
	if len(frame) == 0 {
		return no.fault(0, "a packet in JSON without its bytes: add -x to tshark's options")
	}
	var err error
	add := func(title string, b []byte) {
		if err == nil {
			err = j.add(part{data: b, line: no.no, title: fmt.Sprintf("%s (%d bytes):", title, len(b))})
		}
	}
	add("Frame", frame)
	for _, name := range []string{"Reassembled IP", "Reassembled TCP"} {
		if b := v[name]; len(b) > 0 {
			add(name, b)
		}
	}
	if head := v["http"]; len(head) > 0 && len(v["tls"]) > 0 {
		body := v["body"]
		if bytes.Contains(bytes.ToLower(head), []byte("chunked")) { // tshark has joined the chunks
			body = fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", len(body), body)
		}
		add("Decrypted TLS", append(head, body...))
	}
	return err
}
