package spec_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/spec"
)

// The key of offeredInfo, in letters so that no format has to escape it.
const key = "A.Secret.Key:fghijklmnopqrstuvwx"

// offeredInfo is Content Information 1.0 of a segment of one block.
var offeredInfo = "\x00\x01\x0C\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00" + strings.Repeat("\x20", 32) + key +
	"\x01\x00\x00\x00" + strings.Repeat("\x60", 32)

// ways prints a value in every way that packages fmt, log/slog and
// encoding/json have.
func ways(v any) map[string]string {
	all := map[string]string{}
	for _, verb := range "vTtbcdoOqxXUeEfFgGspwz" { // and one that does not exist
		for _, flags := range []string{"", "+", "#", " "} {
			format := "%" + flags + string(verb)
			all[format] = fmt.Sprintf(format, v)
		}
	}
	all["Print"] = fmt.Sprint(v)
	b, err := json.Marshal(v)
	all["JSON"] = fmt.Sprint(string(b), err)
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("seen", "value", v)
		all[name] = b.String()
	}
	return all
}

// forms are those in which a part of the key may be in what was printed.
var forms = func() (all []string) {
	part := []byte(key[6:15])
	for _, format := range []string{"%s", "%x", "%X", "% x", "% X", "%d", "%o", "%O", "%b", "%c", "%q", "%U", "%#v"} {
		printed := strings.TrimPrefix(fmt.Sprintf(format, part), "[]byte")
		all = append(all, strings.Trim(printed, `[]{}"`))
	}
	for at := range 3 { // base64 depends on where the key begins
		all = append(all, base64.StdEncoding.EncodeToString(part[at:at+6]))
	}
	return all
}()

// holders are values of all exported types that may hold a key, or the message
// that it is in.
func holders(t *testing.T) map[string]any {
	offer := spec.Offer{HoHoDk: strings.Repeat("\x2f", 32), SegmentInformation: spec.NewSecret(offeredInfo)}
	client := spec.Client{Version: 1, Port: 8080}
	from := spec.Post{From: netip.MustParseAddr("192.0.2.1"), URL: 1}
	var server spec.Server
	var follower spec.Follower
	first := client.Offer(0, offer)
	follower.Request(0, 1, from, []byte(first[0].(spec.Send).Message.Reveal()))
	follower.Response(0, 1, spec.Answer{Status: 200}, []byte{0, 0, 0, 1, 1})
	actions := client.Receive(0, 1, []byte{0, 0, 0, 1, 1})
	message := []byte(actions[0].(spec.Send).Message.Reveal())
	if !bytes.Contains(message, []byte(key)) {
		t.Fatalf("no key in %q", message)
	}
	client.Offer(0, offer)
	received := server.Receive(from, message)
	findings := follower.Request(0, 2, from, message)
	follower.Response(0, 2, spec.Answer{Status: 401, Negotiate: true}, nil)
	follower.Request(0, 3, from, message)

	d := spec.Dissect(spec.Request, message)
	segment, known := server.Segment(received[1].(spec.Retrieve).HoHoDk)
	if len(d.Violations) > 0 || !known || segment.SegmentSecret.Reveal() != key {
		t.Fatalf("%v, segment known %t", d.Violations, known)
	}
	secret := d.Root.Child("SegmentInformation").Child("segments").Children[0].Child("SegmentSecret")
	if string(secret.Raw()) != key || !secret.Secret {
		t.Fatalf("the key is in another node than %s", secret.Name)
	}
	dissector := new(spec.Dissector)
	dissector.Dissect(spec.Request, message)
	fields := d.Fields()
	_, err := spec.Assemble(d.Message, spec.Fields{"SegmentInformation": fields["SegmentInformation"]})
	if err == nil {
		t.Fatal("half a message was assembled")
	}
	all := map[string]any{
		"Secret": segment.SegmentSecret, "Segment": segment, "Offer": offer, "Send": actions[0], "Action": actions,
		"Client": client, "Server": server, "Follower": follower, "Outstanding": client.Outstanding(), "Finding": findings,
		"Dissection": *d, "Node": *secret, "Root": d.Root, "Dissector": *dissector, "Fields": fields,
		"Violation": d.Violations, "AssembleError": err, "Post": from, "Answer": spec.Answer{Status: 401},
	}
	for path, n := range d.Root.Leaves() {
		if n == secret {
			all["Path"] = path
		}
	}
	return all
}

// leaked returns the ways in which a value shows the key.
func leaked(v any) (all []string) {
	for way, printed := range ways(v) {
		if slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(printed, form) }) {
			all = append(all, way)
		}
	}
	return all
}

// TestKeysAreNotPrinted prints what may hold a key as a value, behind a pointer
// and inside of others, with every verb.
func TestKeysAreNotPrinted(t *testing.T) {
	for _, leak := range []any{key, []byte(key), struct{ b []byte }{[]byte(key)}, struct{ b [32]byte }{[32]byte([]byte(key))}} {
		if leaks := leaked(leak); len(leaks) < 10 {
			t.Errorf("%T leaks in %d ways only: %v", leak, len(leaks), leaks)
		}
	}
	for name, value := range holders(t) {
		pointer := reflect.New(reflect.TypeOf(value))
		pointer.Elem().Set(reflect.ValueOf(value))
		for how, v := range map[string]any{
			"": value, "pointer to ": pointer.Interface(), "slice of ": []any{value}, "map of ": map[string]any{"k": value},
			"exported field of ": struct{ V any }{value}, "field of ": struct{ v any }{value},
		} {
			if leaks := leaked(v); len(leaks) > 0 {
				t.Errorf("%s%s shows the key: %v", how, name, leaks)
			}
		}
	}
	var none spec.Secret
	if none.Reveal() != "" || none.String() != "redacted" || fmt.Sprintf("%#v", none) != "redacted" {
		t.Errorf("no secret: %q, %v", none.Reveal(), none)
	}
}
