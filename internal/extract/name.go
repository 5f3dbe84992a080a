package extract

import (
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxName bounds a name in bytes; there is to be room for a number and ".partial".
const maxName = 200

// safeName returns the name of the file for a content: the last element of the path of
// its URL, or of its name, in characters that no file system and no shell takes for
// something else.
func safeName(name string) string {
	p, given := name, true
	if u, err := url.Parse(name); err == nil && u.Scheme != "" && u.Host != "" {
		p, given = u.Path, false
	} else if strings.HasPrefix(name, `\\`) { // \\server\share\file
		given = false
	} else if _, rest, ok := strings.Cut(name, "://"); ok { // no URL, but meant to be
		p, given = rest, false
	}
	p = strings.ReplaceAll(p, `\`, "/")
	if p = path.Base(p); p == "/" || p == "." {
		p = "content"
	}
	var b strings.Builder
	for _, r := range p {
		if r == utf8.RuneError || !strconv.IsPrint(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			r = '_'
		}
		b.WriteRune(r)
	}
	s := b.String()
	if given {
		s += ".content" // not the name of the Content Information
	}
	s = strings.TrimRight(s, ". ")
	if s == "" || strings.ContainsRune(".-~ ", rune(s[0])) {
		s = "_" + s
	}
	stem, _, _ := strings.Cut(s, ".")
	if reserved(strings.ToUpper(strings.TrimSpace(stem))) {
		s = "_" + s
	}
	if len(s) > maxName {
		ext := path.Ext(s)
		if len(ext) > 20 {
			ext = ""
		}
		s = strings.ToValidUTF8(s[:maxName-len(ext)], "") + ext
	}
	return s
}

// reserved reports whether Windows takes a name without its extension for a device.
func reserved(stem string) bool {
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	for _, prefix := range []string{"COM", "LPT"} {
		if n, ok := strings.CutPrefix(stem, prefix); ok && utf8.RuneCountInString(n) == 1 && strings.Contains("0123456789¹²³", n) {
			return true
		}
	}
	return false
}

// numbered returns a name with a number in front of its extension.
func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	ext := path.Ext(name)
	return fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, ext), n, ext)
}
