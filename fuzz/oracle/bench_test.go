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
	kinds := map[corpus.Kind]spec.Kind{corpus.Request: spec.Request, corpus.Response: spec.Response, corpus.Content: spec.Content}
	messages := make([]fuzz.Message, len(vectors))
	dissections := make([]*spec.Dissection, len(vectors))
	for i, v := range vectors {
		messages[i] = fuzz.Message{Kind: kinds[v.Kind], Bytes: v.Bytes}
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
