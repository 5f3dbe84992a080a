package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestServeEncodings: lines come from Windows, too.
func TestServeEncodings(t *testing.T) {
	const text = "response 0000000100\r\nresponse 0000000101\r\n"
	wide := "\xff\xfe"
	for _, c := range text {
		wide += string([]byte{byte(c), 0})
	}
	for _, in := range []string{"\ufeff" + text, wide, wide[2:]} {
		var out, stderr bytes.Buffer
		status := run([]string{"decode", "--json"}, strings.NewReader(in), &out, &stderr)
		if status != statusFine || strings.Count(out.String(), `{"message":"RESPONSE_MESSAGE","length":5,"valid":true,`) != 2 {
			t.Errorf("%q: status %d, %s%s", in, status, &out, &stderr)
		}
	}
}

// TestEncodeEncodings: JSON comes from Windows, too.
func TestEncodeEncodings(t *testing.T) {
	const text = `{"message":"RESPONSE_MESSAGE","fields":{"ResponseCode":1}}` + "\r\n"
	wide := "\xff\xfe"
	for _, c := range text {
		wide += string([]byte{byte(c), 0})
	}
	for _, in := range []string{"\ufeff" + text, wide, wide[2:], "\ufeff" + text + "\ufeff" + text} {
		var out, stderr bytes.Buffer
		status := run([]string{"encode", "--hex"}, strings.NewReader(in), &out, &stderr)
		if status != statusFine || strings.TrimRight(out.String(), "\n") != "0000000101" && out.String() != "0000000101\n0000000101\n" {
			t.Errorf("%q: status %d, %s%s", in, status, &out, &stderr)
		}
	}
}

// TestServeLines: a program gets each reply before it sends the next message.
func TestServeLines(t *testing.T) {
	stdin, ask := io.Pipe()
	answers, stdout := io.Pipe()
	var stderr bytes.Buffer
	status := make(chan int, 1)
	go func() {
		s := run([]string{"decode", "--json"}, stdin, stdout, &stderr)
		_ = stdout.Close()
		status <- s
	}()
	read := bufio.NewScanner(answers)
	read.Buffer(nil, 1<<22)
	long := strings.Repeat("00", 200000)
	for _, c := range []struct{ line, want string }{
		{"response 0000000100\n", `{"message":"RESPONSE_MESSAGE","length":5,"valid":true,`},
		{"request 0000000100\r\n", `{"message":"INITIAL_OFFER_MESSAGE","length":5,"valid":false,`},
		{"content \n", `{"message":"CONTENT_INFORMATION_V1","length":0,"valid":false,`},
		{"request\n", `{"message":"UNKNOWN","length":0,"valid":false,`},
		{"response " + long + "\n", `{"message":"RESPONSE_MESSAGE","length":200000,"valid":false,`},
		{"response 00\nresponse 0000000101\n", `{"message":"RESPONSE_MESSAGE","length":1,"valid":false,`},
		{"", `{"message":"RESPONSE_MESSAGE","length":5,"valid":true,`},
		{"response 0000000101\nrespo", `{"message":"RESPONSE_MESSAGE","length":5,"valid":true,`},
		{"nse 0000000200", ""},
	} {
		if _, err := io.WriteString(ask, c.line); err != nil {
			t.Fatal(err)
		}
		if c.want == "" {
			break
		}
		if !read.Scan() || !strings.HasPrefix(read.Text(), c.want) {
			t.Errorf("%.40q is answered %.100q, want %s (%s)", c.line, read.Text(), c.want, stderr.String())
		}
	}
	if err := ask.Close(); err != nil {
		t.Fatal(err)
	}
	if !read.Scan() || !strings.Contains(read.Text(), "PCHC-2.2.2.1-Size") {
		t.Errorf("the last line, without an end, is answered %q", read.Text())
	}
	if read.Scan() {
		t.Errorf("and then %q", read.Text())
	}
	if s := <-status; s != statusViolated {
		t.Errorf("status %d, %s", s, stderr.String())
	}
}

// Lines of messages are read from files, and shown to people, too. What is no
// message ends it with the line's number.
func TestAnswerShown(t *testing.T) {
	for _, c := range []struct {
		stdin  string
		args   []string
		status int
		want   string
	}{
		{"response 0000000100\nresponse 0000000101\n", []string{"decode"}, statusFine, "message 2, line 2:"},
		{"response 0000000100\nresponse 0000000101\n", []string{"decode", "-l"}, statusFine, "INTERESTED"},
		{"content 0001\n", []string{"decode", "--json"}, statusViolated, "CONTENT_INFORMATION_V1"},
		{"response 0000000100\nresponse 000\n", []string{"decode", "--json"}, statusViolated, "standard input:2: response: "},
		{"response 0000000100\n\n", []string{"decode", "--json"}, statusFine, "RESPONSE_MESSAGE"},
		{"response 0000000100\n", []string{"decode", "--json", "--as", "content"}, statusViolated, "CONTENT_INFORMATION_V1"},
		{"requests\n", []string{"decode", "--json"}, statusViolated, "standard input:1:1: "},
		{"response " + strings.Repeat("00", 33<<20) + "\n", []string{"decode", "--json"}, statusViolated, "longer than 64 MiB"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(c.args, strings.NewReader(c.stdin), &stdout, &stderr)
		all := stdout.String() + stderr.String()
		if status != c.status || !strings.Contains(all, c.want) {
			t.Errorf("%q of %.50q: status %d, %s", c.args, c.stdin, status, fmt.Sprintf("%.500s", all))
		}
	}
}
