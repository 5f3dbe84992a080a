//go:build !windows

package exec_test

import (
	"context"
	"fmt"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/exec"
	"github.com/hostedcache/pchc/spec"
)

// A decoder of responses, in shell, that takes any ResponseCode.
func Example() {
	decoder := exec.New(`while read -r kind hex; do
		case $hex in
		000000010[0-9]) echo '{"valid":true,"fields":{"TransportHeader":{"Size":1},"ResponseCode":'${hex#000000010}'}}' ;;
		*) echo '{"valid":false}' ;;
		esac
	done`, exec.Options{Kinds: []spec.Kind{spec.Response}})
	ctx := context.Background()
	session, err := decoder.Open(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer session.Close()
	var cases []target.Case
	for code := range byte(4) {
		cases = append(cases, target.NewCase(fuzz.Message{Kind: spec.Response, Bytes: []byte{0, 0, 0, 1, code}}))
	}
	_, err = session.Try(ctx, cases, func(i int, d *fuzz.Difference) { fmt.Println(i, d) })
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 2 accepted: PCHC-2.2.2.2-ResponseCode: ResponseCode at 4: is 2, must be 0 or 1
	// 3 accepted: PCHC-2.2.2.2-ResponseCode: ResponseCode at 4: is 3, must be 0 or 1
}
