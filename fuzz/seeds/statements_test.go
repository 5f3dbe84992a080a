package seeds

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/testutil"
)

// Reasons why bytes do not reach a statement.
const (
	builder   = "makes a message from a caller's values, not from bytes"
	keeps     = "copies, and calls what is tried"
	prints    = "prints a decoded value"
	checked   = "encodes again what was decoded, which is right unless a caller changed it"
	undecoded = "for a value that was not decoded"
	writes    = "writes to a caller's io.Writer what AppendBinary appends"
	content   = "makes or verifies Content Information for a content, or its keys"
)

// unreached are the statements of codec and pccrc that no bytes reach: by file,
// function, and the line with which the block begins, as far as it is not all
// of the file or of the function. Functions of one name in a file are one.
var unreached = map[string]string{
	"codec/format.go":    prints,
	"codec/body.go body": "only seals an interface",
	"codec/body.go DecodeBody: e := wrongType(r.MessageHeader.Type, TypeInitialOffer)":               undecoded,
	"codec/batched_offer.go NewBatchedOfferMessage":                                                  builder,
	"codec/batched_offer.go Append":                                                                  builder,
	"codec/batched_offer.go SplitDescriptors":                                                        builder,
	"codec/batched_offer.go UnmarshalBinary":                                                         keeps,
	"codec/batched_offer.go Clone":                                                                   keeps,
	"codec/batched_offer.go append: if err := m.MessageHeader.check(TypeBatchedOffer); err != nil {": checked,
	"codec/batched_offer.go append: if n := s.valid(MaxDescriptors); n != len(s.b) || n == 0 {":      checked,
	"codec/content_tag.go NewContentTag":                                                             builder,
	"codec/initial_offer.go NewInitialOfferMessage":                                                  builder,
	"codec/initial_offer.go UnmarshalBinary":                                                         keeps,
	"codec/initial_offer.go Clone":                                                                   keeps,
	"codec/initial_offer.go append: if err := m.MessageHeader.check(TypeInitialOffer); err != nil {": checked,
	"codec/initial_offer.go append: if !validHash(m.Hash) {":                                         checked,
	"codec/limits.go MajorVersionOfPath":                                                             "is about URLs",
	"codec/message.go NewMessageHeader":                                                              builder,
	"codec/message.go UnmarshalBinary":                                                               keeps,
	"codec/message.go Clone":                                                                         keeps,
	"codec/message.go check: var b [offHeaderPadding]byte":                                           checked,
	"codec/message.go check: if !violated {":                                                         checked,
	"codec/message.go check: e.Message = t.String() // not what its header says":                     checked,
	"codec/response.go String: return \"unknown\"":                                                   undecoded,
	"codec/response.go AppendResponseMessage: if !code.allowed(request) {":                           checked,
	"codec/segment_descriptor.go String: return \"unknown\"":                                         undecoded,
	"codec/segment_descriptor.go HashAlgorithmOf":                                                    builder,
	"codec/segment_descriptor.go Append":                                                             builder,
	"codec/segment_descriptor.go Clone":                                                              keeps,
	"codec/segment_descriptor.go Slice":                                                              builder,
	"codec/segment_descriptor.go AppendSegments":                                                     builder,
	"codec/segment_info.go NewSegmentInfoMessage":                                                    builder,
	"codec/segment_info.go UnmarshalBinary":                                                          keeps,
	"codec/segment_info.go Clone":                                                                    keeps,
	"codec/segment_info.go append: if err := m.MessageHeader.check(TypeSegmentInfo); err != nil {":   checked,
	"codec/segment_info.go append: if n := m.SegmentInformation.Len(); n != 1 {":                     checked,
	"codec/segment_info.go append: if err != nil {":                                                  checked,
	"pccrc/errors.go Section: if rest == \"\" {":                                                     "for a rule without a section, which there is not",
	"pccrc/errors.go Error: if e.Rule == \"\" {":                                                     "for the zero value",
	"pccrc/errors.go As":                                                                             "is asked by errors.As",
	"pccrc/errors.go cut: return r, \"\"":                                                            "for a rule without a section, which there is not",
	"pccrc/content_information.go writeAll":                                                          writes,
	"pccrc/segment.go cursor":                                                                        content,
	"pccrc/segment.go next":                                                                          content,
	"pccrc/deriver.go":                                                                               content,
	"pccrc/keyfile.go":                                                                               content,
	"pccrc/make.go":                                                                                  content,
	"pccrc/make_result.go":                                                                           content,
	"pccrc/pipeline.go":                                                                              content,
	"pccrc/reader.go":                                                                                content,
	"pccrc/source.go":                                                                                content,
	"pccrc/verify.go":                                                                                content,
	"pccrc/format.go":                                                                                prints,
	"pccrc/hash.go String: return \"unknown\"":                                                       undecoded,
	"pccrc/hash.go New: return nil":                                                                  undecoded,
	"pccrc/hash.go AppendHash: if h == nil {":                                                        undecoded,
	"pccrc/hash.go ServerSecret":                                                                     builder,
	"pccrc/hash.go AppendHoHoDk: if n := a.Size(); n != 0 && segmentSecret.Len() != n {":             undecoded,
	"pccrc/hash.go appendHMAC: if size == 0 {":                                                       undecoded,
	"pccrc/hash.go appendHMAC: if len(segmentHashOfData) != size {":                                  undecoded,
	"pccrc/secret.go Equal":                                                                          "compares two keys of a caller",
	"pccrc/sender.go CheckSenderRulesExcept: if n == 0 {":                                            undecoded,
	"pccrc/v1.go NewV1":                                                                              builder,
	"pccrc/v1.go UnmarshalBinary":                                                                    keeps,
	"pccrc/v1.go Clone":                                                                              keeps,
	"pccrc/v1_encode.go Append":                                                                      builder,
	"pccrc/v1_encode.go errCSegments":                                                                checked,
	"pccrc/v1_encode.go WriteTo":                                                                     writes,
	"pccrc/v1_encode.go check: if err := v.checkFormat(); err != nil {":                              checked,
	"pccrc/v1_encode.go AppendLenient: if err := v.checkFormat(); err != nil {":                      checked,
	"pccrc/v1_encode.go checkFormat: if h == 0 {":                                                    undecoded,
	"pccrc/v1_encode.go checkFormat: if n == 0 || len(v.segments)%int(segmentLenV1(h)) != 0 || uint64(n) > math.MaxUint32 {": checked,
	"pccrc/v1_encode.go checkFormat: case length < 0:":                                                                       checked,
	"pccrc/v1_encode.go checkFormat: case length != len(v.blocks):":                                                          checked,
	"pccrc/v2.go UnmarshalBinary":                                                                                            keeps,
	"pccrc/v2.go Clone":                                                                                                      keeps,
	"pccrc/v2.go At: panic(\"pccrc: there is no segment \" + strconv.Itoa(i))":                                               "for an index past the end",
	"pccrc/v2.go AppendChunk":                                                                                                builder,
	"pccrc/v2.go WriteTo":                                                                                                    writes,
	"pccrc/v2.go check: if err := v.checkFormat(); err != nil {":                                                             checked,
	"pccrc/v2.go AppendLenient: if err := v.checkFormat(); err != nil {":                                                     checked,
	"pccrc/v2.go checkFormat: if !checkChunks(v.chunks, &e) {":                                                               checked,
}

// TestStatements: the shipped vectors reach every statement of codec and pccrc
// that bytes can reach.
func TestStatements(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a test")
	}
	goCommand := testutil.Tool(t, "go")
	profile := filepath.Join(t.TempDir(), "profile")
	cmd := exec.Command(goCommand, "test", "-count=1", "-run=^TestUse$", "-coverpkg="+exactPackages, "-coverprofile="+profile, "./fuzz/seeds")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), exactFrom+"=", exactTo+"=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		t.Fatal(err)
	}
	listed, blocks := make(map[string]bool), 0
	sources := make(map[string]*source)
	for line := range strings.Lines(string(text)) {
		// github.com/hostedcache/pchc/codec/message.go:65.52,67.32 2 0
		name, place, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "github.com/hostedcache/pchc/")), ":")
		if !ok || name == "mode" {
			continue
		}
		blocks++
		if !strings.HasSuffix(place, " 0") {
			continue
		}
		begin, _, _ := strings.Cut(place, ".")
		at, err := strconv.Atoi(begin)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if sources[name] == nil {
			sources[name] = parse(t, name)
		}
		function, code := sources[name].at(at)
		whole := name + " " + function
		part := whole + ": " + code
		switch {
		case unreached[name] != "":
			listed[name] = true
		case unreached[whole] != "":
			listed[whole] = true
		case unreached[part] != "":
			listed[part] = true
		default:
			t.Errorf("%s:%d: no vector reaches this, in %s: %s", name, at, function, code)
		}
	}
	if blocks < 100 {
		t.Errorf("the profile has %d blocks", blocks)
	}
	for what, reason := range unreached {
		if !listed[what] {
			t.Errorf("a vector reaches this, or it is gone: %s (%s)", what, reason)
		}
	}
}

// source is a file of Go.
type source struct {
	set   *token.FileSet
	file  *ast.File
	lines []string
}

func parse(t *testing.T, name string) *source {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	s := &source{set: token.NewFileSet(), lines: strings.Split(string(text), "\n")}
	if s.file, err = parser.ParseFile(s.set, name, text, parser.SkipObjectResolution); err != nil {
		t.Fatal(err)
	}
	return s
}

// at returns the function that a line is in, and the line.
func (s *source) at(line int) (function, code string) {
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && s.set.Position(f.Pos()).Line <= line && line <= s.set.Position(f.End()).Line {
			function = f.Name.Name
		}
	}
	return function, strings.TrimSpace(s.lines[line-1])
}
