package oracle_test

import (
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/oracle"
	"github.com/hostedcache/pchc/spec"
)

// BenchmarkCheck compares both readings of each vector once.
func BenchmarkCheck(b *testing.B) {
	vectors, err := corpus.Vectors()
	if err != nil {
		b.Fatal(err)
	}
	messages := make([]fuzz.Message, len(vectors))
	dissections := make([]*spec.Dissection, len(vectors))
	for i, v := range vectors {
		kind, _ := spec.ParseKind(string(v.Kind))
		messages[i] = fuzz.Message{Kind: kind, Bytes: v.Bytes}
		dissections[i] = messages[i].Dissect()
	}
	b.ReportAllocs()
	for b.Loop() {
		for i, m := range messages {
			if difference := oracle.Check(m, dissections[i]); difference != nil {
				b.Fatal(difference)
			}
		}
	}
}
