package oxcfxics_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/codec/oxcfxics"
)

// What each error says: rule, place and value.
func TestErrors(t *testing.T) {
	decoders := map[string]func([]byte) error{
		"globset": func(b []byte) error { _, err := oxcfxics.DecodeGlobset(b); return err },
		"replid":  func(b []byte) error { _, err := oxcfxics.DecodeIDSet(b, oxcfxics.REPLID); return err },
		"state":   func(b []byte) error { _, err := oxcfxics.DecodeStateBlock(b); return err },
		"request": func(b []byte) error { _, err := oxcfxics.DecodeRequest(b); return err },
		"response": func(b []byte) error {
			_, err := oxcfxics.DecodeResponse(b)
			return err
		},
	}
	for input, want := range map[string]string{
		"globset ":                                 "GLOBSET: no End in 0 bytes (offset 0, MS-OXCFXICS 2.2.2.6)",
		"globset 0600000000000007":                 "GLOBSET: 0x7 is not a command (offset 7, MS-OXCFXICS 2.2.2.6)",
		"globset 01000600000000000100":             "GLOBSET: Push of 6 bytes exceeds the six of a GLOBCNT (offset 2, MS-OXCFXICS 2.2.2.6.1)",
		"globset 50":                               "GLOBSET: Pop with nothing pushed (offset 0, MS-OXCFXICS 2.2.2.6.2)",
		"globset 0400000000420000":                 "GLOBSET: Bitmask with 4 bytes pushed, needs 5 (offset 5, MS-OXCFXICS 2.2.2.6.3)",
		"globset 05000000000042":                   "GLOBSET: command is cut: its operands have 0 bytes (offset 6, MS-OXCFXICS 2.2.2.6)",
		"globset 05000000000042ab80":               "GLOBSET: no End in 9 bytes (offset 9, MS-OXCFXICS 2.2.2.6)",
		"globset 05000000000042f880":               "GLOBSET: Bitmask begins with 0xF8 and has values above 0xFF (offset 6, MS-OXCFXICS 2.2.2.6.3)",
		"globset 05000000000052ab10":               "GLOBSET: Range begins with 0xAB, above its end (offset 6, MS-OXCFXICS 2.2.2.6.4)",
		"globset 05000000000052ab":                 "GLOBSET: command is cut: its operands have 1 bytes (offset 6, MS-OXCFXICS 2.2.2.6)",
		"globset 010001000000":                     "GLOBSET: End with 2 bytes still pushed (offset 4, MS-OXCFXICS 2.2.2.6.5)",
		"globset fa":                               "GLOBSET: 0xFA is not a command (offset 0, MS-OXCFXICS 2.2.2.6)",
		"globset 000102":                           "GLOBSET: 2 bytes follow End (offset 1, MS-OXCFXICS 2.2.2.6)",
		"replid 01":                                "IDSET: ends after 1 bytes of a REPLID (offset 0, MS-OXCFXICS 2.2.2.4)",
		"replid 010050":                            "IDSET: GLOBSET: Pop with nothing pushed (offset 2, MS-OXCFXICS 2.2.2.6.2)",
		"state 0201da67000000":                     "state property: tag and length are cut, 7 of 8 bytes present (offset 0, MS-OXCFXICS 2.2.1.1)",
		"state 0201da670100000000":                 "IDSET: ends after 1 bytes of a REPLGUID (offset 8, MS-OXCFXICS 2.2.2.4)",
		"state 0201da670200000000":                 "state property: value of 2 bytes is cut (offset 4, MS-OXCFXICS 2.2.1.1)",
		"state 0201da68":                           "state property: 0x68DA0102 is not a property of the ICS state (offset 0, MS-OXCFXICS 2.2.1.1)",
		"request ":                                 "ROP: is empty (offset 0, MS-OXCFXICS 2.2.3.2)",
		"request 78":                               "ROP: RopId 0x78 is not of a synchronization (offset 0, MS-OXCROPS 2.2.2)",
		"request 7700":                             "SynchronizationUploadStateStreamEnd: is cut after 2 bytes (offset 0, MS-OXCFXICS 2.2.3.2)",
		"request 77000000":                         "SynchronizationUploadStateStreamEnd: 1 bytes follow the ROP (offset 3, MS-OXCFXICS 2.2.3.2)",
		"request 760000050000000102":               "SynchronizationUploadStateStreamContinue: is cut after 9 bytes (offset 0, MS-OXCFXICS 2.2.3.2)",
		"request 76000000000000":                   "SynchronizationUploadStateStreamContinue: StreamDataSize is 0, must be at least 1 (offset 3, MS-OXCFXICS 2.2.3.2.2.2)",
		"request 7500001f00013000000000":           "SynchronizationUploadStateStreamBegin: StateProperty 0x3001001F is not a property of the ICS state (offset 3, MS-OXCFXICS 2.2.3.2.2.1)",
		"request 70000102030101000000000000000000": "SynchronizationConfigure: SynchronizationType is 3, must be 1 or 2 (offset 4, MS-OXCFXICS 2.2.3.2.1.1)",
		"response 7700000000":                      "SynchronizationUploadStateStreamEnd: response has 5 bytes, must have 6 (offset 0, MS-OXCFXICS 2.2.3.2)",
		"response 77000000000000":                  "SynchronizationUploadStateStreamEnd: 1 bytes follow the response (offset 6, MS-OXCFXICS 2.2.3.2)",
		"response 01":                              "ROP: RopId 0x1 is not of a synchronization (offset 0, MS-OXCROPS 2.2.2)",
		"response ":                                "ROP: response has 0 bytes, must have 6 (offset 0, MS-OXCFXICS 2.2.3.2)",
	} {
		kind, digits, _ := strings.Cut(input, " ")
		err := decoders[kind](bytesOf(t, digits))
		if err == nil || err.Error() != "oxcfxics: "+want {
			t.Errorf("%s: %v, want %s", input, err, want)
		}
	}
	// Values that do not fit.
	for want, q := range map[string]oxcfxics.Request{
		"RestrictionData of 65536 bytes does not fit (offset 8,": {RopID: oxcfxics.RopSynchronizationConfigure, SynchronizationType: 1, RestrictionData: make([]byte, 1<<16)},
		"65536 property tags do not fit (offset 14,":             {RopID: oxcfxics.RopSynchronizationConfigure, SynchronizationType: 1, PropertyTags: oxcfxics.NewPropertyTags(make([]uint32, 1<<16)...)},
		"RopId 0x1 is not of a synchronization (offset 0,":       {RopID: 1},
	} {
		if _, err := q.AppendBinary(nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	most := oxcfxics.Request{RopID: oxcfxics.RopSynchronizationConfigure, SynchronizationType: 1, RestrictionData: make([]byte, 1<<16-1), PropertyTags: oxcfxics.NewPropertyTags(make([]uint32, 1<<16-1)...)}
	b, err := most.AppendBinary(nil)
	if err != nil || len(b) != most.EncodedLen() {
		t.Error(len(b), err)
	}
	if q, err := oxcfxics.DecodeRequest(b); err != nil || q.PropertyTags.Len() != 1<<16-1 || len(q.RestrictionData) != 1<<16-1 {
		t.Error(err)
	}
	var none oxcfxics.Error
	if none.Error() != "oxcfxics: no violation" || !errors.Is(oxcfxics.Error{Rule: oxcfxics.RuleMissingEnd}, oxcfxics.RuleMissingEnd) {
		t.Error(none)
	}
}

// The names that are printed.
func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		oxcfxics.REPLID.String(): "REPLID", oxcfxics.REPLGUID.String(): "REPLGUID",
		oxcfxics.CnsetSeenFAI.String(): "MetaTagCnsetSeenFAI", oxcfxics.IdsetGivenBinary.String(): "MetaTagIdsetGiven", oxcfxics.StateProperty(1).String(): "unknown",
		oxcfxics.RopID(1).String(): "ROP", oxcfxics.SynchronizationType(3).String(): "unknown", oxcfxics.ContentsUpload.String(): "contents upload",
		oxcfxics.RulePopEmptyStack.Name(): "PopEmptyStack", oxcfxics.RuleRopUnknown.Section(): "MS-OXCROPS 2.2.2",
		oxcfxics.GUID{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}.String(): "00010203-0405-0607-0809-0a0b0c0d0e0f",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for c := range oxcfxics.Context(4) {
		if c.Includes(oxcfxics.StateProperty(7)) || !c.Includes(oxcfxics.CnsetSeen) || c.Includes(oxcfxics.IdsetGiven) == strings.Contains(c.String(), "upload") {
			t.Error(c)
		}
	}
}
