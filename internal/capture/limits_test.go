package capture

import (
	"testing"
	"time"
)

// TestLimits has the number of each limit. What happens at a limit is tested
// elsewhere, by its name; its number bounds memory, or how late a segment may come.
func TestLimits(t *testing.T) {
	for name, limit := range map[string][2]int64{
		"TCP connections remembered":        {maxClosed, 4096},
		"frames after the end":              {closingFrames, 4096},
		"segments remembered":               {maxRuns, 32},
		"TLS servers":                       {maxServers, 4096},
		"TLS servers named":                 {maxNamed, 4},
		"requests waiting":                  {maxWaiting, 8192},
		"datagrams":                         {maxDatagrams, 1024},
		"bytes of fragments":                {maxHeld, 8 << 20},
		"bytes of a datagram":               {maxDatagram, 65536},
		"frames of a datagram":              {maxDatagramAge, 16384},
		"fragments of a datagram":           {maxFragments, 1024},
		"bytes behind a packet":             {maxTrailer, 64},
		"bytes of a head":                   {maxHead, 65536},
		"bytes of a body":                   {maxBody, 4 << 20},
		"bytes of a response by itself":     {maxOrphan, 64},
		"bytes of a start line":             {maxLine, 2048},
		"bytes of a field":                  {maxField, 1024},
		"bytes of a retrieval message":      {maxRetrieval, 393220},
		"headers of a frame":                {maxHeaders, 64},
		"reasons":                           {maxReasons, 64},
		"kinds of problems":                 {maxReported, 4096},
		"bytes ahead":                       {maxAhead, 16 << 20},
		"bytes ahead of an end":             {maxAfterEnd, 1 << 20},
		"connections of the same ports":     {maxSiblings, 8},
		"bytes of events that wait":         {maxDelayed, 1 << 20},
		"frames that events wait":           {maxWait, 4096},
		"time that events wait":             {int64(maxWaitTime), int64(time.Minute)},
		"shortest buffer":                   {1 << minClass, 64},
		"longest buffer":                    {1 << maxClass, 1 << 20},
		"bytes of buffers kept":             {maxKept, 4 << 20},
		"frames that a byte may be late":    {reorderWindow, 128},
		"bytes of a queue":                  {maxQueued, 2 << 20},
		"segments of a queue":               {maxQueuedSegments, 2048},
		"connections without Options":       {int64(NewReader(Options{}, nil).options.MaxConnections), 8192},
		"bytes buffered without Options":    {NewReader(Options{}, nil).options.MaxBuffered, 16 << 20},
		"the fewest connections":            {int64(NewReader(Options{MaxConnections: 1}, nil).options.MaxConnections), 1},
		"the fewest bytes buffered":         {NewReader(Options{MaxBuffered: 1}, nil).options.MaxBuffered, 1},
		"bytes of an exchange":              {exchangeCost, 248},
		"bytes of its fields":               {(&exchange{peerDist: new(PeerDist)}).cost() - exchangeCost, 176},
		"length of what is too short":       {tooShort, 1 << 30},
		"offset of the first byte, counted": {func() int64 { var h halfConn; h.know(7); return h.next }(), 1 << 31},
	} {
		if limit[0] != limit[1] {
			t.Errorf("%s: %d, want %d", name, limit[0], limit[1])
		}
	}
}
