// Package cbc decrypts AES in cipher block chaining mode (NIST SP 800-38A, 6.2), which
// is most of the work where blocks of MS-PCCRR are decrypted and verified.
//
// What one block of 16 bytes decrypts to does not depend on the one before, so a processor
// with AES instructions can work on several at a time. The standard library decrypts one
// after the other, at a fifth of the speed. It is used on processors other than amd64,
// without such instructions, under the build tag purego, and in FIPS 140-3 mode.
package cbc
