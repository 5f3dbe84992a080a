// Package decrypt decrypts the TLS in packet captures: it runs tshark, and hands to
// package capture what that exports.
//
//	in := decrypt.File(f, open, decrypt.Options{KeyLog: "keys.log"})
//	defer in.Close()
//	sum, err := capture.Read(in, capture.Options{}, handle) // an Input is a capture.Decrypter
//
// tshark reads the capture a second time, as it is decompressed, beside the reader and no
// further ahead than its output waits to be read. What cannot be read a second time goes
// to a temporary file, which is removed at the end. tshark is not asked to resolve names;
// its memory grows with the number of connections.
package decrypt
