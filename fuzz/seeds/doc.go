/*
Package seeds reads and writes sets of seeds: messages that a fuzzer begins
with, or that it found worth keeping. Each fuzzer has its own format, and
what one found is of use to the others.

A [Seed] is a message with a name. A [Target] says what a fuzz target's input
is to be taken for. [Shipped] returns the vectors of package corpus.

	format     where Write puts the inputs of a target                 read by
	raw        DIR/TARGET/NAME                                         everybody
	gotest     DIR/testdata/fuzz/TARGET/NAME, "go test fuzz v1"        go test
	gofuzz     DIR/TARGET/corpus/SHA-1                                 go-fuzz -workdir=DIR/TARGET
	libfuzzer  DIR/TARGET/SHA-1, with DIR/pchc.dict                    libFuzzer -dict=DIR/pchc.dict
	afl        DIR/TARGET/NAME, none empty, with DIR/pchc.dict         afl-fuzz -i DIR/TARGET -x DIR/pchc.dict
	ossfuzz    DIR/TARGET_seed_corpus.zip and DIR/TARGET.dict          OSS-Fuzz, ClusterFuzzLite
	lines      DIR/KIND.txt, lines "request HEX"                       pchc fuzz

A [Reader] tells them apart itself. It reads vector files too, and the output
folders of afl-fuzz and go-fuzz.

# Trust

What is read may come from anybody. A Reader keeps to limits of size and number
whatever an archive claims, follows no symbolic links below the folder that it
is given, and takes nothing but the last part of a name from an archive. Write
stays below its folder, and its file names are safe on any system.

# Secrets

A SEGMENT_INFO_MESSAGE and Content Information hold keys (SegmentSecret). Seeds
get shared: [Seed.WithoutSecrets] replaces the keys in what was captured.
*/
package seeds
