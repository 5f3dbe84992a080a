/*
Package seeds reads and writes seeds: the messages that a fuzzer starts from, or
that it kept because they covered something new. Each fuzzer stores them in its
own format, and can use what another one found.

A [Seed] is a message with a name. A [Target] says how a fuzz target interprets its
input. [Shipped] returns the test vectors of package corpus as seeds: that package
is the data, with a verdict for each vector; this one converts it and other sets
of messages between formats, which have none.

	format     where Write puts the inputs of a target                 read by
	raw        DIR/TARGET/NAME                                         any program
	gotest     DIR/testdata/fuzz/TARGET/NAME, "go test fuzz v1"        go test
	gofuzz     DIR/TARGET/corpus/SHA-1                                 go-fuzz -workdir=DIR/TARGET
	libfuzzer  DIR/TARGET/SHA-1, with DIR/pchc.dict                    libFuzzer -dict=DIR/pchc.dict
	afl        DIR/TARGET/NAME, none empty, with DIR/pchc.dict         afl-fuzz -i DIR/TARGET -x DIR/pchc.dict
	ossfuzz    DIR/TARGET_seed_corpus.zip and DIR/TARGET.dict          OSS-Fuzz, ClusterFuzzLite
	lines      DIR/KIND.txt, lines "request HEX"                       a Reader

A [Reader] detects the format. It also reads vector files, packet captures, and the
output folders of afl-fuzz and go-fuzz.

# Trust

Input is not trusted. A Reader limits sizes and numbers whatever an archive claims,
follows no symbolic links below the folder that it reads, and uses only the last
element of a name in an archive. Write stays below its folder, and its file names
are safe on any system.

# Secrets

A SEGMENT_INFO_MESSAGE and Content Information hold keys (SegmentSecret), and seeds
get shared: a Reader replaces the keys in captures, see [Seed.WithoutSecrets].
*/
package seeds
