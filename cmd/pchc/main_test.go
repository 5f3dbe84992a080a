package main

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pchc": main})
}

// Messages that scripts find in their environment. secretHex is the key in INFO.
const (
	offerHex = "0001000100000000c8220000000000007365296aa158f7a46a80b139608b1e663d46f4d3c019fa14381f3ead68db9dc5"
	batchHex = "0002000300000000c82200000000000000008000000080000010086240bf76ca6ff9bf7d004d258204da04" +
		"fc847ccc2f6ef5dcfcf58d8e13b2bb81514b6d0963e86f3b65ba0ad0e0f6aa52"
	secretHex  = "6c16f115d77b0250790218519345bf990697c08069b56656187c6c712532ce89"
	contentHex = "00010c8000000000000003100000010000000000000000000000031000000000010" +
		"09ac2510eb84557ff6b9c8e95b1c5ee651c25f5901392747408025a8e427b6c13" + secretHex +
		"01000000e90004bf31e8991d83043cd9c5a3eec7cea5391e047c2d5270b2f7ee11b853f4"
	infoHex = "0001000200000000c822000000000000576562494f0000000000000000000000" + contentHex
)

// TestScripts runs testdata/script. go test -run Scripts -update writes the
// files that scripts compare outputs with anew.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup:               setUpScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"head":   cmdHead,
			"status": cmdStatus,
		},
	})
}

// cmdHead writes the first bytes of a file to another: head N FROM TO.
func cmdHead(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	b := ts.ReadFile(args[1])
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(b)[:n], 0o666))
}

// cmdStatus runs the command and demands its exit status: status N ARGS...
func cmdStatus(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("pchc", args[1:]...)
	got := 0
	if err != nil {
		code, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = code.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func setUpScript(env *testscript.Env) error {
	plain, err := filepath.Abs("testdata/plain.pcap")
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"PLAIN": plain, "DATA": filepath.Dir(plain),
		"OFFER": offerHex, "BATCH": batchHex, "INFO": infoHex, "CONTENT": contentHex,
		"OK": "0000000100", "INTERESTED": "0000000101", "SECRET": secretHex,
		"NOSIZE":   strings.Replace(batchHex, "0010086240", "0000086240", 1), // SizeOfContentTag 0
		"NOPORT":   strings.Replace(offerHex, "c822", "0000", 1),
		"SHORT":    batchHex[:48],
		"NO_COLOR": "",
		"TERM":     "xterm",
	} {
		env.Setenv(name, value)
	}
	for name, b := range captures() {
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), b, 0o666); err != nil {
			return err
		}
	}
	if strings.HasPrefix(filepath.Base(env.WorkDir), "script-content_") {
		for name, b := range contents() {
			if err := os.WriteFile(filepath.Join(env.WorkDir, name), b, 0o666); err != nil {
				return err
			}
		}
	}
	if err := setUpRetrieval(env); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(env.WorkDir, "batch.bin"), unhex(batchHex), 0o666)
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// captures returns the captures that scripts find in their folder.
func captures() map[string][]byte {
	const v1, v2 = capturetest.PathV1, capturetest.PathV2
	ok := capturetest.Answer(200, capturetest.OK)
	interested := capturetest.Answer(200, capturetest.Interested)

	var cache capturetest.Trace // a bit of everything
	c := cache.Conn(1).Open()
	c.Send(capturetest.Post(v1, unhex(offerHex))).Reply(interested)
	c.Send(capturetest.Post(v1, unhex(infoHex))).Reply(ok).Close()
	c = cache.Conn(2).IPv6().Open()
	c.Send(capturetest.Post(v2, capturetest.Batch(1, 128))).Reply(ok)
	c.Send(capturetest.Post(v2, unhex(batchHex[:48]))).Reply(interested).Close()
	c = cache.Conn(3).Open()
	c.Send(capturetest.Post(v1, unhex(strings.Replace(offerHex, "c822", "0000", 1)))).Reply(ok).Close()

	var good capturetest.Trace // nothing wrong
	good.Conn(1).Open().Send(capturetest.Post(v2, unhex(batchHex))).Reply(ok).Close()

	var other capturetest.Trace // HTTP of others
	other.Conn(1).Open().Send(capturetest.Post("/elsewhere", unhex(batchHex))).Reply(ok).Close()

	var tls capturetest.Trace
	hello := append([]byte{22, 3, 1, 0, 8, 1, 0, 0, 4}, 3, 3, 0, 0)
	tls.Conn(1).Open().Send(hello).Reply([]byte{22, 3, 3, 0, 8, 2, 0, 0, 4, 3, 3, 0, 0}).Close()

	var keep capturetest.Trace // a violation of format, and nothing else
	keep.Conn(1).Open().Send(capturetest.Post(v2, unhex(strings.Replace(batchHex, "0010086240", "0000086240", 1)))).Close()

	var windows capturetest.Trace // a malformed request, and what Windows answers
	bad := unhex(batchHex)
	bad[16+26] = 0xFE
	windows.Conn(1).Open().Send(capturetest.Post(v2, bad)).Reply(ok).Close()

	var eager capturetest.Trace // INTERESTED, and no SEGMENT_INFO_MESSAGE
	c = eager.Conn(1).Open().Send(capturetest.Post(v1, unhex(offerHex))).Reply(interested)
	c.Send(capturetest.Post(v2, unhex(batchHex))).Reply(ok).Close()
	eager.Packets[len(eager.Packets)-1].Time = capturetest.Start.Add(time.Minute)

	return map[string][]byte{
		"keep.pcap": keep.Encode(capturetest.Format{}), "windows.pcap": windows.Encode(capturetest.Format{}),
		"interested.pcap": eager.Encode(capturetest.Format{}),
		"cache.pcap":      cache.Encode(capturetest.Format{}),
		"cache.pcapng":    cache.Encode(capturetest.Format{Pcapng: true}),
		"good.pcap":       good.Encode(capturetest.Format{}),
		"good.pcap.gz":    good.Encode(capturetest.Format{Gzip: true}),
		"other.pcap":      other.Encode(capturetest.Format{}),
		"tls.pcap":        tls.Encode(capturetest.Format{}),
		"empty.pcap":      (&capturetest.Trace{}).Encode(capturetest.Format{}),
	}
}
