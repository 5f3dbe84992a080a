package spec

import "testing"

func TestKind(t *testing.T) {
	for kind := Request; kind <= Discovery; kind++ {
		if parsed, ok := ParseKind(kind.String()); parsed != kind || !ok {
			t.Errorf("%s is parsed as %d", kind, parsed)
		}
	}
	for name, kind := range map[string]Kind{"content": Content, "content-v2": ContentV2, "unknown": 0, "": 0} {
		if parsed, ok := ParseKind(name); parsed != kind || ok != (kind != 0) {
			t.Errorf("%q is parsed as %d, %v", name, parsed, ok)
		}
	}
	if Kind(0).String() != "unknown" || (Discovery+1).String() != "unknown" {
		t.Error("other values have a name")
	}
}
