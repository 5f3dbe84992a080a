// Package citest holds reports against what defines their form.
package citest

import (
	"bytes"
	_ "embed"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed testdata/sarif-2.1.0-rtm.5.json
var sarif []byte

// SARIF fails a test unless the report is valid by the schema of SARIF 2.1.0.
func SARIF(t testing.TB, report []byte) {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(sarif))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(report))
	if err != nil {
		t.Fatalf("%v in %s", err, report)
	}
	if err := compiled.Validate(v); err != nil {
		t.Error(err)
	}
}
