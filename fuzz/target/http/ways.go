package http

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hostedcache/pchc/spec"
)

// way is a way to send a message over HTTP that few clients use.
type way struct {
	name   string // in findings and saved files
	phrase string // after "sent"
	rule   string // what a server violates that does not take it; "": to answer the message
	base   string // the way that this one builds on: it is not tried if that fails
	due    due
	script func(t *endpoint, r *request) []step
	check  check                    // of what is due besides the answer; nil: nothing
	since  int                      // the minor version of HTTP/1 that a server must speak
	whole  bool                     // the request is whole, and may be processed
	not    func(t *endpoint) string // why a server is not tried; nil: each is
}

// due is what a server has to do with a request.
type due uint8

const (
	take   due = iota // answer the message as usual
	usual             // likewise, but no specification says so: a note if it does not
	either            // that, or refuse it; but not leave the client waiting
	refuse            // not take it for a message
	leave             // nothing: the client is gone
)

// pauses of a slow client.
const slowly = 30 * time.Millisecond

// ways are tried in this order, the first time all of them.
var ways = []way{
	{name: "segments", phrase: "with header and body in separate segments", rule: "RFC9112-6.3-Length",
		script: func(_ *endpoint, r *request) []step {
			return inSegments(shortly, r.head(), []piece{r.body(0, len(r.message))})
		}},
	{name: "small segments", phrase: "in many small segments", base: "segments", rule: "RFC9112-2.2-Octets",
		script: func(_ *endpoint, r *request) []step { return inSegments(shortly, cut(r.whole(), edges(r)...)...) }},
	{name: "slow body", phrase: "with pauses before and in the body", base: "segments", rule: "RFC9112-6.3-Length",
		script: func(_ *endpoint, r *request) []step {
			half := len(r.message) / 2
			return inSegments(slowly, r.head(), []piece{r.body(0, half)}, []piece{r.body(half, len(r.message))})
		}},
	{name: "HTTP/1.0", phrase: "in HTTP/1.0", check: closesAfter("RFC9112-9.3-HTTP10"),
		script: func(_ *endpoint, r *request) []step {
			r.version = "HTTP/1.0"
			return []step{send(r.whole()...)}
		}},
	{name: "HTTP/1.0 keep-alive", phrase: "in HTTP/1.0 with Connection: keep-alive", base: "HTTP/1.0",
		script: func(_ *endpoint, r *request) []step {
			r.version = "HTTP/1.0"
			return []step{send(r.with("Connection", "keep-alive").whole()...)}
		}},
	{name: "Connection: close", phrase: "with Connection: close", check: closesAfter("RFC9112-9.6-Close"),
		script: func(_ *endpoint, r *request) []step { return []step{send(r.with("Connection", "close").whole()...)} }},
	{name: "no Content-Type", phrase: "without a Content-Type",
		script: func(_ *endpoint, r *request) []step { return []step{send(r.without("Content-Type").whole()...)} }},
	{name: "small letters", phrase: "with the names of fields in small letters", rule: "RFC9110-5.1-Names",
		script: func(_ *endpoint, r *request) []step {
			for i := range r.fields {
				r.fields[i].name = strings.ToLower(r.fields[i].name)
			}
			return []step{send(r.whole()...)}
		}},
	{name: "whitespace", phrase: "with other whitespace around the values of fields", rule: "RFC9112-5.1-Whitespace",
		script: func(_ *endpoint, r *request) []step {
			all := r.whole()
			for i := range r.fields {
				all[i+1].text = strings.Replace(strings.Replace(all[i+1].text, ": ", ":", 1), "\r\n", " \t\r\n", 1)
			}
			return []step{send(all...)}
		}},
	{name: "folded field", phrase: "with a folded field", rule: "RFC9112-5.2-Folding", due: either,
		script: func(_ *endpoint, r *request) []step {
			return []step{send(r.with("X-Folded", "one\r\n two").whole()...)}
		}},
	{name: "repeated length", phrase: "with the same Content-Length twice", rule: "RFC9112-6.3-Repeated", due: either, since: 1,
		script: func(_ *endpoint, r *request) []step {
			return []step{send(r.with("Content-Length", fmt.Sprint(len(r.message))).whole()...)}
		}},
	{name: "large header", phrase: "with a header of 80 KB", rule: "RFC9110-5.4-Limit", due: either,
		script: func(_ *endpoint, r *request) []step {
			for i := range 80 {
				r.with(fmt.Sprintf("X-Large-%d", i), strings.Repeat("x", 1000))
			}
			return []step{send(r.whole()...)}
		}},
	{name: "path in the other case", phrase: "to the path in the other case", due: usual, not: hasOwnPath,
		script: func(_ *endpoint, r *request) []step {
			r.target = swapCase(r.target)
			return []step{send(r.whole()...)}
		}},
	{name: "slash at the end", phrase: "to the path with, or without, a slash at its end", due: usual, not: hasOwnPath,
		script: func(_ *endpoint, r *request) []step {
			if path, ok := strings.CutSuffix(r.target, "/"); ok {
				r.target = path
			} else {
				r.target += "/"
			}
			return []step{send(r.whole()...)}
		}},
	{name: "absolute URI", phrase: "with an absolute URI in the request line", rule: "RFC9112-3.2.2-AbsoluteForm", since: 1,
		script: func(t *endpoint, r *request) []step {
			r.target = t.url.Scheme + "://" + t.url.Host + r.target
			return []step{send(r.whole()...)}
		}},
	{name: "chunked", phrase: "in chunks", rule: "RFC9112-7.1-Chunked", since: 1,
		script: func(_ *endpoint, r *request) []step {
			all := append(r.chunked().head(), r.chunk(0, len(r.message), "")...)
			return []step{send(append(all, text("0\r\n\r\n"))...)}
		}},
	{name: "odd chunks", phrase: "in chunks of odd sizes", base: "chunked", rule: "RFC9112-7.1-Chunked", since: 1,
		script: func(_ *endpoint, r *request) []step {
			all, at := r.chunked().head(), 0
			for _, size := range []int{1, 2, 10, 26} { // one size with a letter, which may be small or not
				all = append(all, r.chunk(at, min(at+size, len(r.message)), "")...)
				if at = min(at+size, len(r.message)); at == len(r.message) {
					break
				}
			}
			if n := len(r.message) - at; n > 0 {
				all = append(all, text(fmt.Sprintf("00%X\r\n", n)), r.body(at, len(r.message)), text("\r\n"))
			}
			return []step{send(append(all, text("000\r\n\r\n"))...)}
		}},
	{name: "chunks in segments", phrase: "in chunks and many small segments", base: "chunked", rule: "RFC9112-2.2-Octets", since: 1,
		script: func(_ *endpoint, r *request) []step {
			half := len(r.message) / 2
			all := slices.Concat(r.chunked().head(), r.chunk(0, half, ""), r.chunk(half, len(r.message), ""), []piece{text("0\r\n\r\n")})
			n := len(joined(r.head()))
			end := n + len(joined(all[len(r.head()):]))
			return inSegments(shortly, cut(all, n, n+1, n+3, n+5, n+half, end-len("0\r\n\r\n")-1, end-4, end-1)...)
		}},
	{name: "chunk extensions", phrase: "in chunks with extensions", base: "chunked", rule: "RFC9112-7.1.1-Extensions", since: 1,
		script: func(_ *endpoint, r *request) []step {
			all := append(r.chunked().head(), r.chunk(0, len(r.message), `;name=value;other="quoted; text"`)...)
			return []step{send(append(all, text("0;last\r\n\r\n"))...)}
		}},
	{name: "trailer fields", phrase: "in chunks with trailer fields", base: "chunked", rule: "RFC9112-7.1.2-Trailers", since: 1, check: answersNext,
		script: func(_ *endpoint, r *request) []step {
			all := append(r.chunked().with("Trailer", "X-One, X-Two").head(), r.chunk(0, len(r.message), "")...)
			return []step{send(append(all, text("0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n"))...)}
		}},
	{name: "Expect", phrase: "with Expect: 100-continue", rule: "RFC9110-10.1.1-Continue", since: 1, check: continued,
		script: func(t *endpoint, r *request) []step {
			return []step{send(r.with("Expect", "100-continue").head()...), {act: await, wait: t.o.Timeout}, send(r.body(0, len(r.message)))}
		}},
	{name: "pipelined", phrase: "with another request right behind it", rule: "RFC9112-9.3.2-Order", since: 1, check: inOrder,
		script: func(t *endpoint, r *request) []step {
			return []step{send(append(r.whole(), t.newRequest(t.second(r.message).Bytes).whole()...)...)}
		}},
	{name: "half-closed", phrase: "by a client that then half-closes the connection (shutdown SHUT_WR)",
		script: func(_ *endpoint, r *request) []step { return thenClose(halfClose, send(r.whole()...)) }},
	{name: "both URLs", phrase: "after one to the other URL on the same connection", not: servesOneURL, check: otherFirst,
		script: func(t *endpoint, r *request) []step {
			c := t.other()
			return []step{send(t.toOther(c.Bytes).whole()...), {act: receive}, send(r.whole()...)}
		}},

	{name: "longer path", phrase: "to a path that begins like that of the protocol", rule: "PCHC-2.1-URL", due: refuse, not: hasOwnPath,
		script: func(_ *endpoint, r *request) []step {
			r.target = strings.TrimSuffix(r.target, "/") + "0"
			return []step{send(r.whole()...)}
		}},
	{name: "unknown path", phrase: "to another path", rule: "PCHC-2.1-URL", due: refuse, base: "longer path", not: hasOwnPath,
		script: func(_ *endpoint, r *request) []step {
			r.target = "/index.html"
			return []step{send(r.whole()...)}
		}},
	{name: "PUT", phrase: "with the method PUT", rule: "PCHC-2.1-POST", due: refuse, script: withMethod("PUT")},
	{name: "GET", phrase: "with the method GET", rule: "PCHC-2.1-POST", due: refuse, base: "PUT", script: withMethod("GET")},
	{name: "no Host", phrase: "without Host", rule: "RFC9112-3.2-Host", due: refuse, since: 1,
		script: func(_ *endpoint, r *request) []step { return []step{send(r.without("Host").whole()...)} }},
	{name: "two lengths", phrase: "with two Content-Lengths that differ", rule: "RFC9112-6.3-Invalid", due: refuse, since: 1,
		script: func(_ *endpoint, r *request) []step {
			return []step{send(r.with("Content-Length", fmt.Sprint(len(r.message)-1)).whole()...)}
		}},
	{name: "length and chunks", phrase: "in chunks, with a Content-Length that is too large", base: "chunked", rule: "RFC9112-6.3-Override", due: either, since: 1,
		script: func(_ *endpoint, r *request) []step {
			all := append(r.chunked().with("Content-Length", fmt.Sprint(len(r.message)+1000)).head(), r.chunk(0, len(r.message), "")...)
			return []step{send(append(all, text("0\r\n\r\n"))...)}
		}},
	{name: "request in a chunk", phrase: "in a chunk that a wrong Content-Length makes look like a request", base: "chunked", rule: "RFC9112-6.3-Override", due: refuse, since: 1,
		script: func(t *endpoint, r *request) []step {
			inner := append([]piece{text("x")}, r.whole()...)
			size := fmt.Sprintf("%x\r\n", len(joined(inner)))
			outer := t.newRequest(nil).chunked().with("Content-Length", fmt.Sprint(len(size)+1))
			return []step{send(slices.Concat(outer.head(), []piece{text(size)}, inner, []piece{text("\r\n0\r\n\r\n")})...)}
		}},
	{name: "chunk size over 64 bits", phrase: "in a chunk whose size needs more than 64 bits", base: "chunked", rule: "RFC9112-7.1-Size", due: refuse, since: 1,
		script: func(_ *endpoint, r *request) []step {
			size := fmt.Sprintf("1%016x\r\n", len(r.message))
			return []step{send(append(r.chunked().head(), text(size), r.body(0, len(r.message)), text("\r\n0\r\n\r\n"))...)}
		}},
	{name: "cut body", phrase: "with a Content-Length beyond the end of the connection", rule: "RFC9112-6.3-Incomplete", due: refuse,
		script: func(_ *endpoint, r *request) []step {
			r.without("Content-Length").with("Content-Length", fmt.Sprint(len(r.message)+100))
			return thenClose(halfClose, send(r.whole()...))
		}},
	{name: "cut chunks", phrase: "in chunks without the last one", base: "chunked", rule: "RFC9112-8-Incomplete", due: refuse, since: 1,
		script: func(_ *endpoint, r *request) []step {
			return thenClose(halfClose, send(append(r.chunked().head(), r.chunk(0, len(r.message), "")...)...))
		}},
	{name: "closed in the header", phrase: "with the connection closed in the middle of the header", due: leave, script: partly(hangUp, false)},
	{name: "closed in the body", phrase: "with the connection closed in the middle of the body", due: leave, base: "closed in the header", script: partly(hangUp, true)},
	{name: "reset in the header", phrase: "with the connection reset in the middle of the header", due: leave, script: partly(reset, false)},
	{name: "reset in the body", phrase: "with the connection reset in the middle of the body", due: leave, base: "reset in the header", script: partly(reset, true)},
	{name: "reset before the answer", phrase: "with the connection reset before the answer", due: leave, whole: true, base: "reset in the header",
		script: func(_ *endpoint, r *request) []step { return thenClose(reset, send(r.whole()...)) }},
}

// wayOf returns the way with a name, nil if there is none.
func wayOf(name string) *way {
	if i := slices.IndexFunc(ways, func(w way) bool { return w.name == name }); i >= 0 {
		return &ways[i]
	}
	return nil
}

// edges are offsets in a request at which a server is likely to assume that it has more.
func edges(r *request) []int {
	head, all := len(joined(r.head())), len(joined(r.whole()))
	line := len(r.head()[0].text)
	return slices.DeleteFunc([]int{1, 4, 5, line - 1, line, line + 3, head - 5, head - 3, head - 2, head - 1, head, head + 1, head + 8, head + 15, head + 16, head + 17, all - 1},
		func(n int) bool { return n <= 0 || n >= all })
}

func withMethod(method string) func(*endpoint, *request) []step {
	return func(_ *endpoint, r *request) []step {
		r.method = method
		return []step{send(r.whole()...)}
	}
}

// partly sends a part of a request: half of the header, or of the message.
func partly(a act, inBody bool) func(*endpoint, *request) []step {
	return func(_ *endpoint, r *request) []step {
		all := r.whole()
		n := len(joined(r.head()))
		if inBody {
			n += len(r.message) / 2
		} else {
			n /= 2
		}
		return thenClose(a, send(cut(all, n)[0]...), pauseFor(shortly))
	}
}

func hasOwnPath(t *endpoint) string {
	if t.version == 0 && t.protocol == &offers {
		return "the URL has another path than that of the protocol"
	}
	return ""
}

func servesOneURL(t *endpoint) string {
	if t.learned.other {
		return ""
	}
	return "the server does not serve the URL of the other version"
}

func swapCase(s string) string {
	if lower := strings.ToLower(s); lower != s {
		return lower
	}
	return strings.ToUpper(s)
}

// otherPath is the URL of the other version.
func (t *endpoint) otherPath() string {
	if t.version == 1 {
		return spec.PathV2
	}
	return spec.PathV1
}
