package oxcfxics_test

import (
	"encoding/hex"
	"fmt"

	"github.com/hostedcache/pchc/codec/oxcfxics"
)

func Example() {
	b, _ := hex.DecodeString("01000500000000005205060110500002000600000000000900")
	s, err := oxcfxics.DecodeIDSet(b, oxcfxics.REPLID)
	if err != nil {
		fmt.Println(err)
		return
	}
	for p := range s.All() {
		for r := range p.Globset.All() {
			fmt.Printf("REPLID %d: %#x to %#x\n", p.REPLID, r.Low, r.High)
		}
	}
	_, err = oxcfxics.DecodeIDSet(b[:10], oxcfxics.REPLID)
	fmt.Println(err)
	// Output:
	// REPLID 1: 0x5 to 0x6
	// REPLID 1: 0x10 to 0x10
	// REPLID 2: 0x9 to 0x9
	// oxcfxics: IDSET: GLOBSET: command is cut: its operands have 1 bytes (offset 8, MS-OXCFXICS 2.2.2.6)
}

func ExampleUpload() {
	u := oxcfxics.Upload{Context: oxcfxics.HierarchyDownload, HandleIndex: 2}
	for q := range u.Requests() {
		b, _ := q.AppendBinary(nil)
		fmt.Printf("%x %s\n", b, q.RopID)
	}
	// Output:
	// 7500020300174000000000 SynchronizationUploadStateStreamBegin
	// 770002 SynchronizationUploadStateStreamEnd
	// 7500020201966700000000 SynchronizationUploadStateStreamBegin
	// 770002 SynchronizationUploadStateStreamEnd
}

func ExampleChecker() {
	var c oxcfxics.Checker
	for _, rop := range []string{"70000102020000000000000000000000", "7500020300174000000000", "770002", "4e00020010"} {
		b, _ := hex.DecodeString(rop)
		for _, f := range c.ROP(b, oxcfxics.Success) {
			fmt.Println(f.Rule, f.Level, f.Detail)
		}
	}
	// Output:
	// OXCFXICS-3.3.4.3.1-CnsetSeen-HierarchyDownload MUST MetaTagCnsetSeen is missing
}
