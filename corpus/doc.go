/*
Package corpus holds test vectors for implementers of MS-PCHC and MS-PCCRC:
messages as bytes, each with the verdict that a reader must reach and, as far
as they are settled, the fields that it must see.

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

A vector is valid if it keeps all format rules: those that say what a correctly
formatted message is. Each invalid vector has one fault: one deliberate change
to the valid vector that it names as its neighbour. Rules for the sender are
another matter: a vector that breaks one is valid, and lists the violation.

# Secrets

The SegmentSecret values and server secrets in here protect nothing.
*/
package corpus
