package webdavrepl_test

import (
	"fmt"

	"github.com/hostedcache/pchc/codec/webdavrepl"
)

func Example() {
	m, err := webdavrepl.DecodeManifest([]byte(`<?xml version="1.0"?>
<D:multistatus xmlns:D="DAV:" xmlns:R="http://schemas.microsoft.com/repl/">
<R:repl><R:collblob>state2</R:collblob></R:repl>
<D:response><D:href>/docs/docE</D:href>
<D:propstat><D:prop><R:resourcetag>rt:docE-02</R:resourcetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
<R:changetype>change</R:changetype></D:response>
</D:multistatus>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	kept := "<rt:docE-02>" // from the header of a GET
	for _, item := range m.Items {
		fmt.Println(item.Href, webdavrepl.Decide(&item, kept, false))
	}
	q := webdavrepl.SearchRequest{Collblob: m.Collblob}
	b, _ := q.AppendText(nil)
	fmt.Println(string(b))
	_, err = webdavrepl.DecodeIf("(<rt:docE-02>) <http://server/docs/docE> (Not <rid:7>)")
	fmt.Println(err)
	// Output:
	// /docs/docE skip
	// <?xml version="1.0"?><D:searchrequest xmlns:D="DAV:" xmlns:R="http://schemas.microsoft.com/repl/"><R:repl><R:collblob>state2</R:collblob></R:repl></D:searchrequest>
	// webdavrepl: If: has a resource behind lists without one: "<http://server/docs/docE> (Not <rid:7>)" (offset 15, RFC 2518 9.4)
}
