package soapfault

import (
	"encoding/base64"
	"strings"
)

// Cookie is a cookie as it is in a message. EncryptedData is opaque and gives access
// to a server, so that errors and notes never show it.
type Cookie struct {
	// Name is that of the element: "GetCookieResult" and "NewCookie" are issued by a
	// server, "cookie" is what a caller sends, "oldCookie" one that it wants to renew.
	Name          string
	Expiration    DateTime
	EncryptedData []byte // decoded
	Offset        int
}

// AuthorizationCookie is what an authorization service gives and GetCookie takes.
type AuthorizationCookie struct {
	PlugInID   string
	CookieData []byte // decoded
	Offset     int
}

// cookie reads the cookie that was just opened, unless it is nil. Two profiles: one
// that a server issued has both elements, and data; an old one, and that of reports,
// may be an Expiration alone.
func (r *callReader) cookie(name string) {
	rule, at := r.profile.Rules.Cookie, r.xml.Offset
	if r.isNil() {
		if r.child(rule, name) {
			r.fail(RuleNil, name, at, "", "has xsi:nil, and yet content")
		}
		return
	}
	if _, twice := r.call.Cookie(name); twice {
		r.fail(rule, name, at, "", "is there twice")
		return
	}
	v := r.record(rule, name, "Expiration", "EncryptedData")
	if r.err != nil {
		return
	}
	expiration, data := v[0], v[1]
	issued := name != "oldCookie" && (name != "cookie" || r.use != ReportingCookie)
	switch {
	case !expiration.there:
		r.fail(rule, name+".Expiration", at, "", "is missing")
		return
	case data.there && data.at < expiration.at:
		r.fail(rule, name+".EncryptedData", data.at, "", "comes before Expiration")
		return
	case issued && !data.there:
		r.fail(rule, name+".EncryptedData", at, "", "is missing")
		return
	}
	c := Cookie{Name: name, Offset: at}
	var detail string
	if c.Expiration, detail = parseDateTime(expiration.text); detail != "" {
		r.fail(RuleDateTime, name+".Expiration", expiration.at, expiration.text, detail)
		return
	}
	r.zone(name+".Expiration", expiration.at, c.Expiration)
	c.EncryptedData = r.base64(name+".EncryptedData", data)
	if issued && len(c.EncryptedData) == 0 {
		r.fail(rule, name+".EncryptedData", data.at, "", "is empty, must have one byte or more")
	}
	r.call.Cookies = append(r.call.Cookies, c)
}

// authorizationCookie reads the AuthorizationCookie that was just opened.
func (r *callReader) authorizationCookie(name string) {
	rule, at := r.profile.Rules.AuthCookie, r.xml.Offset
	v := r.record(rule, name, "PlugInId", "CookieData")
	for i, child := range []string{".PlugInId", ".CookieData"} {
		if !v[i].there {
			r.fail(rule, name+child, at, "", "is missing")
		}
	}
	r.call.AuthorizationCookies = append(r.call.AuthorizationCookies, AuthorizationCookie{v[0].text, r.base64(name+".CookieData", v[1]), at})
}

// base64 decodes base64. White space in it is allowed, as in every base64Binary.
func (r *reader) base64(field string, p part) []byte {
	text := strings.Map(func(c rune) rune {
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			return -1
		}
		return c
	}, p.text)
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		r.fail(RuleBase64, field, p.at, "", "is no base64")
		return nil
	}
	return b
}
