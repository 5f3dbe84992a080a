package seeds

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// TestUse uses packages codec and pccrc on seeds, for those who want to know
// which statements that covers. The seeds are the shipped ones or, in the order
// of the file that exactSeeds names, those of [MinimiseExactly]; then it writes
// the numbers of those that cover something new to the file of exactChosen.
func TestUse(t *testing.T) {
	in := os.Getenv(exactSeeds)
	if in == "" {
		for _, s := range shipped(t) {
			use(s)
		}
		return
	}
	text, err := os.ReadFile(in)
	if err != nil {
		t.Fatal(err)
	}
	var all []exactSeed
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	chosen, covered := []int{}, 0.0
	for i, s := range all {
		use(Seed{Message: fuzz.Message{Kind: s.Kind, Bytes: s.Bytes}, RequestType: s.RequestType})
		if now := testing.Coverage(); now > covered {
			covered = now
			chosen = append(chosen, i)
		}
	}
	if text, err = json.Marshal(chosen); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(os.Getenv(exactChosen), text, 0o666); err != nil {
		t.Fatal(err)
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
		_ = code.String()
		_, err = codec.AppendResponseMessage(nil, code, codec.MessageType(s.RequestType))
		useError(err)
	default:
		v1, err := pccrc.DecodeV1(s.Bytes)
		useError(err)
		if err == nil {
			useV1(&v1)
		}
		v2, err := pccrc.DecodeV2(s.Bytes)
		useError(err)
		if err == nil {
			useV2(&v2)
		}
	}
}

func useError(err error) {
	if e, ok := err.(*codec.Error); ok {
		_, _, _, _ = e.Error(), e.Path(), e.Unwrap().Error(), e.Rule.Section()
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
		_ = codec.AnswersOK(err)
	}
	r, err := codec.DecodeRequestMessage(b)
	useError(err)
	if err != nil {
		return
	}
	_ = r.MessageHeader.Type.String()
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
			fields := d.Fields()
			_ = fields.SegmentDescriptor()
		}
		for range batch.SegmentDescriptors.All() {
			break
		}
		_ = batch.SegmentDescriptors.Len()
	}
}

func useV1(v *pccrc.ContentInformationV1) {
	useMessage(v)
	_ = v.Range()
	for i := range v.CSegments() {
		_ = v.Segment(i)
	}
	for s, blocks := range v.All() {
		_, _, _ = s.UllOffsetInContent(), s.CbSegment(), s.CbBlockSize()
		useKeys(v.DwHashAlgo(), blocks.BlockHashes(), s.SegmentHashOfData(), s.SegmentSecret())
		for i := range blocks.Len() {
			_ = blocks.At(i)
		}
	}
	for range v.All() {
		break
	}
}

func useV2(v *pccrc.ContentInformationV2) {
	useMessage(v)
	_ = v.Range()
	for c := range v.Chunks() {
		for i := range c.Len() {
			_ = c.At(i)
		}
	}
	for s := range v.Segments() {
		_ = s.CbSegment()
		useKeys(pccrc.TruncatedSHA512, nil, s.SegmentHashOfData()[:], s.SegmentSecret()[:])
	}
	for range v.Segments() {
		break
	}
}

// useKeys derives what stands in Content Information, and HoHoDk, from the hashes
// and the key there.
func useKeys(a pccrc.HashAlgorithm, blockHashes, hoD, kp []byte) {
	_, _ = a.String(), a.New()
	_, _ = a.AppendHash(nil, blockHashes)
	_, _ = a.AppendSegmentSecret(nil, kp, hoD)
	_, _ = a.AppendHoHoDk(nil, kp, hoD)
}

func TestMinimiseExactly(t *testing.T) {
	needs(t, "go")
	all := shipped(t)[:40]
	least, err := MinimiseExactly(t.Context(), "../..", append(all, all...))
	if err != nil {
		t.Fatal(err)
	}
	if len(least) == 0 || len(least) >= len(all) {
		t.Errorf("%d of %d seeds", len(least), len(all))
	}
	again, err := MinimiseExactly(t.Context(), "../..", least)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(unnamed(least), unnamed(again)); diff != "" {
		t.Errorf("seeds (-) and what is left of them the second time (+):\n%s", diff)
	}
	if _, err := MinimiseExactly(t.Context(), t.TempDir(), least); err == nil {
		t.Error("it works without the source")
	}
}
