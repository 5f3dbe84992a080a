// Package hostedcache is a small hosted cache, to use or to learn from: the
// server of MS-PCHC section 3.1 as an http.Handler on package codec. It does not
// retrieve blocks, which takes another protocol (MS-PCCRR).
//
// It serves the URLs of both versions. It drops a request that is malformed or
// belongs on the other URL, with HTTP status 400 and no message (MS-PCHC
// 3.1.5.4). It stores the block hashes that clients send, up to a limit, and
// asks for those that it lacks (MS-PCHC 3.1.5.1).
package hostedcache
