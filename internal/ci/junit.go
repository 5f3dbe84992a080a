package ci

import (
	"encoding/xml"
	"io"
	"strconv"
	"time"

	"github.com/hostedcache/pchc/internal/printable"
)

// Suite is the test of one thing, such as a capture or a decoder.
type Suite struct {
	Name  string
	Start time.Time     // zero if unknown
	Time  time.Duration // duration, 0 if unknown
	Cases []Case
}

// Case is a test case. It passed unless it has a Failure or an Error.
type Case struct {
	Name    string
	Class   string // dotted like a Java class; readers group cases by it
	Failure *Problem
	Error   *Problem // it could not be run
	Out     string   // output of the case
}

// Problem is why a case did not pass.
type Problem struct {
	Type    string
	Message string // one line
	Text    string
}

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Suites []junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr,omitempty"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Time  string      `xml:"time,attr,omitempty"`
	Start string      `xml:"timestamp,attr,omitempty"`
	Cases []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitProblem struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes a report with the given name.
func WriteJUnit(w io.Writer, name string, suites []Suite) error {
	all := junitSuites{Name: name}
	for i := range suites {
		s := suites[i].junit()
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(printable.XML(w))
	e.Indent("", "  ")
	if err := e.Encode(&all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *Suite) junit() junitSuite {
	suite := junitSuite{Name: s.Name, junitCounts: junitCounts{Tests: len(s.Cases)}}
	if s.Time > 0 {
		suite.Time = strconv.FormatFloat(s.Time.Seconds(), 'f', 3, 64)
	}
	if !s.Start.IsZero() {
		suite.Start = s.Start.UTC().Format("2006-01-02T15:04:05")
	}
	for _, c := range s.Cases {
		suite.Cases = append(suite.Cases, junitCase{c.Name, c.Class, (*junitProblem)(c.Failure), (*junitProblem)(c.Error), c.Out})
		if c.Failure != nil {
			suite.Failures++
		}
		if c.Error != nil {
			suite.Errors++
		}
	}
	return suite
}
