package kaitai_test

import (
	"fmt"

	"github.com/hostedcache/pchc/spec/kaitai"
)

func ExampleDefinitions() {
	for _, d := range kaitai.Definitions() {
		fmt.Println(d.Name + ".ksy")
	}
	// Output:
	// ms_pchc_request.ksy
	// ms_pchc_response.ksy
	// ms_pccrc_v1.ksy
	// ms_pccrc_v2.ksy
	// ms_pccrr_request.ksy
	// ms_pccrr_response.ksy
	// ms_smb2_read_hash_request.ksy
	// ms_smb2_hash_based_response.ksy
	// ms_smb2_file_based_response.ksy
}
