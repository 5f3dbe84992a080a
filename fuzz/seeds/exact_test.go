package seeds

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// What TestUse is told by its environment.
const (
	exactFrom = "PCHC_FROM" // a file or folder of seeds; default: the shipped ones
	exactTo   = "PCHC_TO"   // the folder for the smallest seeds that cover the same statements
)

// exactPackages are those whose statements count.
const exactPackages = "./codec,./pccrc"

// TestUse uses packages codec and pccrc on seeds. Where its coverage is measured,
// that shows which statements bytes reach; with exactTo it also writes the seeds,
// smallest first, that reach one which none before did (make minimise).
func TestUse(t *testing.T) {
	all := shipped(t)
	if from := os.Getenv(exactFrom); from != "" {
		all = read1(t, new(Reader), from)
	}
	var chosen []Seed
	covered := 0.0
	for _, s := range smallestFirst(all) {
		use(s)
		if now := testing.Coverage(); now > covered {
			covered = now
			chosen = append(chosen, s)
		}
	}
	if to := os.Getenv(exactTo); to != "" {
		write1(t, to, Raw, Kinds(), chosen)
		t.Logf("%d of %d seeds cover the same statements", len(chosen), len(all))
	}
}

// use does all with a seed that its bytes alone allow: it decodes, reads every
// field, checks, and encodes again what it decoded. Whether the results are right
// is for others to test.
func use(s Seed) {
	switch s.Kind {
	case spec.Request:
		useRequest(s.Bytes)
	case spec.Response:
		code, err := codec.DecodeResponseMessage(s.Bytes, codec.MessageType(s.RequestType))
		useError(err)
		_, _ = codec.CheckResponse(s.Bytes, codec.MessageType(s.RequestType))
		_ = code.String()
		_, err = codec.AppendResponseMessage(nil, code, codec.MessageType(s.RequestType))
		useError(err)
	case spec.Content: // the packages of other kinds are not measured
		_ = pccrc.Sniff(s.Bytes)
		_, err := pccrc.Decode(s.Bytes)
		useError(err)
		v1, err := pccrc.DecodeV1(s.Bytes)
		useError(err)
		if err == nil {
			useV1(&v1)
		}
		_, _ = pccrc.CheckV2(s.Bytes)
		v2, err := pccrc.DecodeV2(s.Bytes)
		useError(err)
		if err == nil {
			useV2(&v2)
		}
	}
}

func useError(err error) {
	if e, ok := err.(*codec.Error); ok {
		_, _, _, _, _ = e.Error(), e.Path(), e.Detail(), e.Unwrap().Error(), e.Rule.Section()
	}
}

// message is what every message can do.
type message interface {
	CheckSenderRules() error
	EncodedLen() int
	AppendBinary(dst []byte) ([]byte, error)
	AppendLenient(dst []byte) ([]byte, error)
	MarshalBinary() ([]byte, error)
}

func useMessage(m message) {
	useError(m.CheckSenderRules())
	_ = m.EncodedLen()
	_, err := m.AppendBinary(nil)
	useError(err)
	_, err = m.AppendLenient(nil)
	useError(err)
	_, err = m.MarshalBinary()
	useError(err)
}

func useRequest(b []byte) {
	for _, decode := range []func([]byte) error{
		func(b []byte) error { _, err := codec.DecodeInitialOfferMessage(b); return err },
		func(b []byte) error { _, err := codec.DecodeSegmentInfoMessage(b); return err },
		func(b []byte) error { _, err := codec.DecodeBatchedOfferMessage(b); return err },
	} {
		err := decode(b)
		useError(err)
	}
	_, _ = codec.CheckRequest(b)
	if len(b) > 16 {
		_, err := codec.DecodeSegmentDescriptors(b[16:])
		useError(err)
	}
	_ = codec.WindowsAnswersOK(b)
	r, err := codec.DecodeRequestMessage(b)
	useError(err)
	if err != nil {
		return
	}
	_ = r.MessageHeader.Type.String()
	_, err = r.DecodeBody()
	useError(err)
	initial, err := r.DecodeInitialOffer()
	useError(err)
	if err == nil {
		useMessage(&initial)
	}
	info, err := r.DecodeSegmentInfo()
	useError(err)
	if err == nil {
		useMessage(&info)
		_ = info.ContentTag.String()
		useV1(&info.SegmentInformation)
	}
	batch, err := r.DecodeBatchedOffer()
	useError(err)
	if err == nil {
		useMessage(&batch)
		for i, d := range batch.SegmentDescriptors.All() {
			_, _, _, _ = d.BlockSize(), d.SegmentSize(), d.SizeOfContentTag(), d.HashAlgorithm().String()
			_, _, _ = d.ContentTag().String(), d.SegmentHoHoDk(), batch.SegmentDescriptors.At(i)
			_ = d.Fields()
		}
		for range batch.SegmentDescriptors.All() {
			break
		}
		_, _ = batch.SegmentDescriptors.Len(), batch.SegmentDescriptors.Bytes()
	}
}

func useV1(v *pccrc.ContentInformationV1) {
	useMessage(v)
	_ = v.Range()
	for i, s := range v.Segments() {
		useSegment(s)
		_ = v.AppendHoHoDk(nil, i)
	}
	for range v.SegmentInformations() {
	}
	for range v.SegmentInformations() {
		break
	}
	for range v.Segments() {
		break
	}
	for i := range v.Len() {
		_ = v.At(i)
	}
	for _, s := range v.All() {
		_, _, _, _ = s.UllOffsetInContent(), s.CbSegment(), s.CbBlockSize(), s.Bytes()
		useKeys(v.DwHashAlgo(), s.Blocks.BlockHashes(), s.SegmentHashOfData(), s.SegmentSecret())
		for range s.Blocks.All() {
		}
	}
	for range v.All() {
		break
	}
}

func useV2(v *pccrc.ContentInformationV2) {
	useMessage(v)
	_, _ = v.Range(), v.Len()
	for i, s := range v.Segments() {
		useSegment(s)
		_ = v.AppendHoHoDk(nil, i)
	}
	for range v.Segments() {
		break
	}
	for _, c := range v.Chunks() {
		for range c.All() {
		}
	}
	for i, s := range v.All() {
		_, _, _ = s.CbSegment(), v.At(i), s.Bytes()
		useKeys(pccrc.TruncatedSHA512, nil, s.SegmentHashOfData()[:], s.SegmentSecret())
	}
	for range v.All() {
		break
	}
}

func useSegment(s pccrc.Segment) {
	_, _, _, _, _ = s.HashAlgorithm(), s.SegmentHashOfData(), s.SegmentSecret().Bytes(), s.Blocks(), s.AppendHoHoDk(nil)
	for range s.Blocks().All() {
		break
	}
}

// useKeys derives what stands in Content Information, and HoHoDk, from the hashes
// and the key there.
func useKeys(a pccrc.HashAlgorithm, blockHashes, hoD []byte, kp pccrc.Secret) {
	_, _ = a.String(), a.New()
	_, _ = a.AppendHash(nil, blockHashes)
	_, _ = a.SegmentSecret(kp, hoD)
	_, _ = a.AppendHoHoDk(nil, kp, hoD)
}

// TestMinimiseExactly: what make minimise leaves is less, and all of it is needed.
func TestMinimiseExactly(t *testing.T) {
	goCommand := needs(t, "go")
	minimise := func(from string) (to string, least []Seed) {
		t.Helper()
		to = t.TempDir()
		cmd := exec.Command(goCommand, "test", "-count=1", "-run=^TestUse$", "-coverpkg="+exactPackages, "./fuzz/seeds")
		cmd.Dir = filepath.Join("..", "..")
		cmd.Env = append(os.Environ(), exactFrom+"="+from, exactTo+"="+to)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return to, read1(t, new(Reader), to)
	}
	from := t.TempDir()
	all := shipped(t)[:40]
	write1(t, from, Raw, Kinds(), all)
	to, least := minimise(from)
	if len(least) == 0 || len(least) >= len(all) {
		t.Errorf("%d of %d seeds", len(least), len(all))
	}
	_, again := minimise(to)
	if diff := cmp.Diff(unnamed(least), unnamed(again)); diff != "" {
		t.Errorf("seeds (-) and what is left of them the second time (+):\n%s", diff)
	}
}
