package pccrr

import "strings"

// Limits of messages (MS-PCCRR 2.2.1, 2.2.3, 2.2.4).
const (
	// MaxRequestSize is the largest MsgSize of a request, in bytes: the length of
	// the longest HTTP body.
	MaxRequestSize = 96 << 10
	// MaxResponseSize is the largest MsgSize, and Size, of an answer, in bytes. Its
	// HTTP body has 4 bytes more. MS-PCCRR 2.2 and 2.2.2 still say 96 KiB, which the
	// block of a segment of 128 KiB does not fit.
	MaxResponseSize = 384 << 10
	// MaxBlockRanges is how many ranges a MSG_GETBLKLIST or MSG_GETBLKS may have.
	MaxBlockRanges = 256
	// MaxBlocks is how many blocks a segment has at most.
	MaxBlocks = 512
)

// The transport (MS-PCCRR 2.1): HTTP, a POST to Path.
const (
	Path = "/116B50EB-ECE2-41ac-8429-9F9E963361B7/"
	// DefaultPort is the TCP port of hosted caches and peers. Windows can be told to
	// use another.
	DefaultPort = 80
)

// IsPath reports whether the URL path is of this protocol: Path or a path under
// it, whatever the case of its letters, with or without the slash at its end.
func IsPath(path string) bool {
	const root = len(Path) - 1
	return len(path) >= root && strings.EqualFold(path[:root], Path[:root]) && (len(path) == root || path[root] == '/')
}
