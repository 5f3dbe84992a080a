package soapfault

// Event is one call in an order of calls, with what came of it, or something else
// that a caller did. An empty field is not known, or does not apply.
type Event struct {
	// Op is the operation. Others are SelfUpdateCheck, ContentGet and Install, which
	// are not SOAP, and Stop, with which a caller ends its session.
	Op   string   `json:"op"`
	Time DateTime `json:"time,omitzero"`

	Out   string `json:"out,omitempty"`   // "ok" or "fault"
	Fault string `json:"fault,omitempty"` // the ErrorCode of a fault, "" for a fault without one
	// Message is that of the fault.
	Message string `json:"message,omitempty"`

	Cookie      string       `json:"cookie,omitempty"` // which cookie was sent: a label
	GivesCookie *GivenCookie `json:"gives_cookie,omitempty"`

	// GivesRegistrationRequired is the IsRegistrationRequired of an answer to
	// GetConfig, nil where it is not known.
	GivesRegistrationRequired *bool `json:"gives_registration_required,omitempty"`

	Anchor    *string `json:"anchor,omitempty"` // nil for none
	GetConfig bool    `json:"get_config,omitempty"`
	Count     int     `json:"count,omitempty"` // of updates, or of digests

	// Of ContentGet and Install.
	File   string `json:"file,omitempty"` // a label
	URL    string `json:"url,omitempty"`
	Range  string `json:"range,omitempty"`
	Done   *bool  `json:"done,omitempty"`   // the file is complete
	Status int    `json:"status,omitempty"` // of HTTP

	DriverPass bool `json:"driver_pass,omitempty"` // a SyncUpdates for drivers

	// N and Vector say where the event comes from.
	N      int    `json:"n,omitempty"`
	Vector string `json:"vector,omitempty"`
}

// GivenCookie is a cookie that a server issued.
type GivenCookie struct {
	ID         string   `json:"id"` // a label
	Expiration DateTime `json:"expiration,omitzero"`
}

// Expired reports whether the cookie has expired at that time. It has not where
// either is not known.
func (c *GivenCookie) Expired(at DateTime) bool {
	return !at.Time.IsZero() && !c.Expiration.Time.IsZero() && !at.Time.Before(c.Expiration.Time)
}

// MarshalText returns the text of a dateTime.
func (d DateTime) MarshalText() ([]byte, error) { return []byte(d.Text), nil }

// UnmarshalText is ParseDateTime.
func (d *DateTime) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDateTime(string(text))
	return err
}
