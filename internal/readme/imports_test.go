package readme

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// imports is who imports whom: for each package of the module, its tests apart,
// what it imports beside the standard library. A package that is not here imports
// nothing else. The table keeps that
//
//   - codec and pccrc on one side and spec on the other are independent readings
//     of the specification, which package fuzz compares;
//   - what is below cmd does not know the command or the library of its flags;
//   - rapid is needed only by importers of fuzz/generate/rapidgen.
var imports = map[string][]string{
	"cmd/pchc":                {"cmd/pchc/internal/input", "codec", "corpus", "fuzz", "fuzz/campaign", "fuzz/coverage", "fuzz/matrix", "fuzz/model", "fuzz/report", "fuzz/resource", "fuzz/seeds", "fuzz/serve", "fuzz/target", "fuzz/target/exec", "fuzz/target/http", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term", "internal/byterange", "internal/capture", "internal/capturepage", "internal/conformance", "internal/contentfile", "internal/conversation", "internal/decrypt", "internal/extract", "internal/filter", "internal/message", "internal/neighbours", "internal/printable", "internal/process", "internal/stats", "internal/textenc", "pccrc", "spec", "spec/kaitai", "spec/reference", "spec/wireshark"},
	"cmd/pchc/internal/input": {"internal/capture", "internal/capture/pcapfile", "internal/foreign", "internal/textenc", "spec"},

	"codec":                                {"pccrc"},
	"codec/hostedcache":                    {"codec", "codec/hostedcache/blockstore", "codec/hostedcache/internal/blocklist", "codec/hostedcache/internal/exchange", "codec/hostedcache/internal/queue", "codec/pccrr", "pccrc"},
	"codec/hostedcache/blockstore":         {"codec/pccrr"},
	"codec/hostedcache/client":             {"codec", "codec/hostedcache/internal/exchange", "codec/pccrr", "pccrc"},
	"codec/hostedcache/internal/blocklist": {"codec/pccrr", "pccrc"},
	"codec/hostedcache/internal/exchange":  {"codec/pccrr"},
	"codec/pccrd":                          {"codec/internal/strictxml", "pccrc"},
	"codec/pccrr":                          {"pccrc"},
	"codec/pccrtp":                         {"pccrc"},
	"codec/smb2hash":                       {"pccrc"},
	"codec/soapfault":                      {"codec/internal/strictxml"},
	"codec/webdavrepl":                     {"codec/internal/strictxml"},
	"codec/wsusss":                         {"codec/soapfault"},
	"codec/wusp":                           {"codec/soapfault"},

	"fuzz":                            {"spec"},
	"fuzz/campaign":                   {"fuzz", "fuzz/coverage", "fuzz/generate", "fuzz/internal/markup", "fuzz/mutate", "fuzz/resource", "fuzz/target", "internal/printable", "spec"},
	"fuzz/coverage":                   {"spec"},
	"fuzz/engine":                     {"codec", "codec/pccrd", "codec/pccrr", "codec/smb2hash", "fuzz", "fuzz/mutate", "fuzz/oracle", "pccrc", "spec"},
	"fuzz/engine/run":                 {"fuzz", "fuzz/engine", "fuzz/generate", "fuzz/mutate", "fuzz/seeds"},
	"fuzz/examples/client":            {"codec", "codec/hostedcache", "codec/hostedcache/client", "pccrc"},
	"fuzz/examples/libfuzzer/archive": {"fuzz", "fuzz/mutate", "spec"},
	"fuzz/examples/hostedcache":       {"codec", "codec/hostedcache", "codec/hostedcache/blockstore", "codec/pccrr"},
	"fuzz/generate":                   {"fuzz", "fuzz/internal/markup", "pccrc", "spec"},
	"fuzz/generate/rapidgen":          {"codec", "fuzz", "fuzz/generate", "fuzz/mutate", "pccrc", "spec", "pgregory.net/rapid"},
	"fuzz/model":                      {"codec", "codec/pccrr", "fuzz", "fuzz/campaign", "fuzz/coverage", "fuzz/resource", "fuzz/target", "fuzz/target/http", "fuzz/target/wait", "internal/process", "pccrc", "spec"},
	"fuzz/mutate":                     {"corpus", "fuzz", "fuzz/generate", "fuzz/internal/markup", "spec"},
	"fuzz/oracle":                     {"codec", "codec/pccrd", "codec/pccrr", "codec/pccrtp", "codec/smb2hash", "fuzz", "pccrc", "spec"},
	"fuzz/matrix":                     {"fuzz/campaign", "fuzz/coverage", "fuzz/report", "github.com/BurntSushi/toml", "internal/message", "internal/page", "internal/printable", "spec"},
	"fuzz/report":                     {"fuzz", "fuzz/campaign", "fuzz/coverage", "fuzz/resource", "fuzz/target", "internal/ci", "internal/message", "internal/page", "internal/printable", "spec"},
	"fuzz/resource":                   {"golang.org/x/sys/unix"},
	"fuzz/serve":                      {"codec", "codec/hostedcache/client", "codec/pccrr", "fuzz", "fuzz/campaign", "fuzz/resource", "fuzz/target", "fuzz/target/wait", "internal/capture", "internal/conformance", "internal/conversation", "internal/process", "pccrc", "spec"},
	"fuzz/seeds":                      {"codec/pccrd", "corpus", "fuzz", "fuzz/coverage", "internal/capture", "internal/capture/pcapfile", "internal/printable", "internal/textenc", "spec"},
	"fuzz/target":                     {"codec", "fuzz", "fuzz/oracle", "fuzz/resource", "pccrc", "spec"},
	"fuzz/target/exec":                {"fuzz", "fuzz/resource", "fuzz/target", "fuzz/target/wait", "internal/process", "internal/textenc", "spec"},
	"fuzz/target/http":                {"codec", "codec/pccrr", "fuzz", "fuzz/resource", "fuzz/target", "fuzz/target/wait", "internal/process", "pccrc", "spec"},
	"fuzz/target/internal/targettest": {"corpus", "fuzz", "fuzz/target", "spec"},

	"internal/capture":                       {"internal/capture/pcapfile"},
	"internal/capture/capturetest/generate":  {"internal/capture/capturetest"},
	"internal/capture/pcapfile":              {"github.com/klauspost/compress/zstd", "github.com/ulikunitz/xz/lzma", "internal/foreign"},
	"internal/capturepage":                   {"internal/capture", "internal/conformance", "internal/conversation", "internal/message", "internal/neighbours", "internal/page", "internal/printable", "spec"},
	"internal/ci":                            {"internal/printable", "spec"},
	"internal/ci/citest":                     {"github.com/santhosh-tekuri/jsonschema/v6"},
	"internal/conformance":                   {"codec", "codec/pccrd", "codec/pccrr", "internal/capture", "internal/ci", "internal/conversation", "internal/message", "internal/neighbours", "spec"},
	"internal/contentfile":                   {"codec", "github.com/PlakarKorp/go-cdc-chunkers", "github.com/PlakarKorp/go-cdc-chunkers/chunkers/fastcdc", "internal/message", "internal/textenc", "pccrc"},
	"internal/conversation":                  {"codec", "codec/pccrd", "codec/pccrr", "codec/pccrtp", "internal/capture", "pccrc"},
	"internal/conversation/conversationtest": {"codec", "codec/pccrr", "internal/capture/capturetest", "pccrc"},
	"internal/decrypt":                       {"internal/capture/pcapfile", "internal/process"},
	"internal/extract":                       {"internal/byterange", "internal/capture", "internal/conversation"},
	"internal/mutation":                      {"fuzz/campaign", "fuzz/target", "fuzz/target/exec", "spec"},
	"internal/neighbours":                    {"codec/oxcfxics", "codec/soapfault", "codec/webdavrepl", "codec/wsusss", "codec/wusp", "internal/message", "spec"},
	"internal/filter":                        {"codec", "codec/pccrd", "codec/pccrr", "internal/capture", "internal/conversation", "internal/message", "pccrc", "spec"},
	"internal/page/pagetest":                 {"internal/testutil"},
	"internal/stats":                         {"codec", "codec/pccrr", "internal/byterange", "internal/capture", "internal/conversation", "internal/message", "internal/page", "internal/printable", "pccrc"},
	"internal/message":                       {"codec", "codec/pccrd", "codec/pccrr", "codec/smb2hash", "github.com/fatih/color", "internal/capture", "internal/conversation", "internal/printable", "internal/textenc", "pccrc", "spec"},

	"spec/internal/invariant": {"spec"},
	"spec/kaitai":             {"spec"},
	"spec/reference":          {"spec"},
	"spec/wireshark":          {"spec"},
}

// TestImports: another edge needs a decision, not only a line in the table.
func TestImports(t *testing.T) {
	const module = "github.com/hostedcache/pchc/"
	found := make(map[string][]string)
	err := walk(func(name string, _ fs.FileInfo) error {
		if path.Ext(name) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := path.Dir(name)
		for _, i := range f.Imports {
			to := strings.TrimPrefix(strings.Trim(i.Path.Value, `"`), module)
			standard := !strings.Contains(strings.Split(i.Path.Value, "/")[0], ".")
			test := strings.HasSuffix(name, "_test.go")
			switch {
			case standard || slices.Contains(found[from], to):
			case !test:
				found[from] = append(found[from], to)
			case strings.HasPrefix(to, "github.com/spf13/") && !strings.HasPrefix(from, "cmd/") && from != "internal/readme":
				t.Errorf("%s imports %s", name, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(imports, found, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("imports (- according to the table, + in fact):\n%s", diff)
	}
}
