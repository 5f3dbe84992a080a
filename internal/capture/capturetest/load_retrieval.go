package capturetest

import "io"

// loadContent is the size of each content in bytes. It and the traffic about it are in
// memory at a time.
const loadContent = 8 << 20

// LoadRetrieval writes a large capture of retrieval: contents of version 1.0, each
// described by a content server and then fetched from a hosted cache by one client. Of
// the options it takes Size, Seed and Format. It returns how many blocks there are.
func LoadRetrieval(w io.Writer, o LoadOptions) (blocks int, err error) {
	fetched, err := Retrieve(w, RetrieveOptions{
		Contents: max(int((o.Size+loadContent/2)/loadContent), 1), Size: loadContent, Clients: 1, Seed: o.Seed, Key: 16, Format: o.Format, One: true,
	})
	return len(fetched), err
}
