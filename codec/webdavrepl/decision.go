package webdavrepl

// Action is what a client does about an Item.
type Action string

// The actions.
const (
	Fetch    Action = "fetch"    // download the resource
	Skip     Action = "skip"     // nothing: the client has the latest version
	Delete   Action = "delete"   // remove the local copy
	Conflict Action = "conflict" // both copies changed: somebody has to decide
)

// EqualTags reports whether two tags are the same, with or without angle brackets. They
// are opaque: case counts, and there is no order. No tag is equal to nothing.
func EqualTags(a, b string) bool {
	return a != "" && unbracket(a) == unbracket(b)
}

// Decide returns what to do about item. kept is the tag that came with the local copy,
// "" if there is none, and changed says that the local copy was changed since.
func Decide(item *Item, kept string, changed bool) Action {
	switch {
	case item.ChangeType == Deleted:
		return Delete
	case EqualTags(item.ResourceTag, kept):
		return Skip
	case changed:
		return Conflict
	}
	return Fetch
}
