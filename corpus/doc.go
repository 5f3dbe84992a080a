/*
Package corpus holds test vectors for implementers of MS-PCHC and MS-PCCRC:
messages as bytes, each with the verdict that a reader must reach and, unless they
are ambiguous, the fields that it must return.

Package fuzz/seeds writes them as seeds of fuzzers, and reads and writes other sets
of messages, which have no verdict.

The vectors are JSON files, made for programs in any language; README.md
describes their format, and schema/vectors.schema.json is its JSON Schema. Go
programs get the files with [Files], and the parsed vectors with [Vectors] or,
with the source and the notes of each file, [Load]:

	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.ID, func(t *testing.T) {
			err := decode(v.Kind, v.RequestType, v.Bytes)
			if (err == nil) != v.Valid {
				t.Errorf("%s: got error %v, want valid %v (%s at %d)", v.Comment, err, v.Valid, v.Rule, v.Offset)
			}
		})
	}

# Verdicts

A vector is valid if it violates no format rule: these define a correctly formatted
message. Each invalid vector has one fault, one deliberate change to the valid vector
that it names as its neighbour. Sender rules are separate: a vector that violates one
is valid, and lists the violation.

# Secrets

The SegmentSecret values and server secrets in the vectors protect nothing.
*/
package corpus
