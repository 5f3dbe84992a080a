package conformance

// once tells what comes for the first time, as far as a limit goes.
type once[K comparable] struct {
	seen map[K]bool
	full bool // something may have come for the first time, and was not told
}

func (o *once[K]) first(k K) bool {
	if o.seen == nil {
		o.seen = map[K]bool{}
	}
	if o.seen[k] || len(o.seen) == maxServers {
		o.full = o.full || !o.seen[k]
		return false
	}
	o.seen[k] = true
	return true
}

// has tells what has come, or may have.
func (o *once[K]) has(k K) bool { return o.seen[k] || o.full }
