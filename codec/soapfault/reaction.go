package soapfault

// Action is what a caller does after a fault.
type Action uint8

// The actions.
const (
	Nothing Action = iota // nothing is stated
	Calls                 // make certain calls, in their order
	Restart               // begin again, with the first call
	Retry                 // make the same call again, later
	Reset                 // go on without the anchors
	Stop                  // end the session
)

// String returns, for instance, "restart".
func (a Action) String() string {
	switch a {
	case Calls:
		return "calls"
	case Restart:
		return "restart"
	case Retry:
		return "retry"
	case Reset:
		return "reset"
	case Stop:
		return "stop"
	}
	return "nothing"
}

// Reaction is what a protocol says about one ErrorCode.
type Reaction struct {
	ErrorCode string // "" for a fault without one
	Action    Action
	Calls     []string // operations that come next, in their order
	Level     Level    // of the action
	// DropCookie: the cookie that was sent is not used any more.
	DropCookie bool
	// OrStop: a caller that does not take the Action must stop.
	OrStop bool
}

// React returns the row of a table for an ErrorCode, "" for none, and false where it
// has no row.
func React(table []Reaction, code string) (Reaction, bool) {
	for _, r := range table {
		if r.ErrorCode == code {
			return r, true
		}
	}
	return Reaction{ErrorCode: code}, false
}
