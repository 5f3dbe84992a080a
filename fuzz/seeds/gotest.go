package seeds

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// goTestVersion is the first line of a seed file of go test.
const goTestVersion = "go test fuzz v1"

// AppendGoTest appends an input in the file format of go test.
func AppendGoTest(dst, input []byte) []byte {
	dst = append(dst, goTestVersion+"\n[]byte("...)
	dst = strconv.AppendQuote(dst, string(input))
	return append(dst, ")\n"...)
}

// ParseGoTest is the inverse of AppendGoTest, for any Go syntax of the string. It
// fails for inputs that are not one []byte or string.
func ParseGoTest(file []byte) ([]byte, error) {
	version, rest, _ := bytes.Cut(file, []byte("\n"))
	if strings.TrimSuffix(string(version), "\r") != goTestVersion {
		return nil, errors.New("first line is not " + strconv.Quote(goTestVersion))
	}
	value := strings.TrimSpace(string(rest))
	if strings.Contains(value, "\n") {
		return nil, errors.New("more than one value")
	}
	for _, kind := range []string{"[]byte", "string"} {
		literal, ok := strings.CutPrefix(value, kind)
		if !ok {
			continue
		}
		literal = strings.TrimSpace(literal)
		if !strings.HasPrefix(literal, "(") || !strings.HasSuffix(literal, ")") {
			break
		}
		literal = strings.TrimSpace(literal[1 : len(literal)-1])
		if s, err := strconv.Unquote(literal); err == nil && literal[0] != '\'' {
			return []byte(s), nil
		}
		break
	}
	return nil, errors.New(`not one value []byte("...")`)
}

func isGoTest(file []byte) bool { return bytes.HasPrefix(file, []byte(goTestVersion)) }
