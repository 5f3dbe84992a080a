package soapfault_test

import (
	"fmt"

	"github.com/hostedcache/pchc/codec/soapfault"
)

func ExampleParseDateTime() {
	for _, s := range []string{"2026-10-04T16:03:35.9967236Z", "2026-10-04T18:03:35.9967236+02:00", "9999-12-31T23:59:59.9999999"} {
		d, err := soapfault.ParseDateTime(s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s %q %d\n", d.Time.Format("15:04:05"), d.Zone, d.FractionDigits)
	}
	// Output:
	// 16:03:35 "Z" 7
	// 16:03:35 "+02:00" 7
	// 23:59:59 "" 7
}

// A protocol of one's own, with faults of the same form.
func ExampleProfile() {
	p := soapfault.Profile{Protocol: "MY-PROTOCOL", Codes: []string{"Busy"}}
	f, err := p.DecodeFault([]byte(`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>` +
		`<faultcode>e:Server</faultcode><faultstring>later</faultstring>` +
		`<detail><ErrorCode>Busy</ErrorCode><ID>0f0e0d0c-0b0a-4908-8706-050403020100</ID></detail></e:Fault></e:Body></e:Envelope>`))
	fmt.Println(f.Code, f.ErrorCode(), err)
	// Output: Server Busy <nil>
}
