// Package hostedcache is a small hosted cache, as an http.Handler on package codec:
// the server of MS-PCHC section 3.1, without the retrieval of blocks, which is
// another protocol (MS-PCCRR).
//
// It serves the URLs of both versions. What is malformed, or belongs on the
// other URL, is dropped: answered with HTTP status 400 and no message (MS-PCHC
// 3.1.5.4). It remembers the block hashes that clients send, up to a limit, and
// asks for those that it lacks (MS-PCHC 3.1.5.1).
package hostedcache
