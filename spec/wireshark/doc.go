// Package wireshark generates the Wireshark dissector pchc.lua from the tables of
// package spec. README.md says how to install it, what it shows, and what not.
//
// The dissector is an interpreter in Lua (walk.lua, rules.lua) with the tables inserted,
// so it reads a message as [spec.Dissect] does. The rest is written by hand:
//
//	head.lua       protocols, preferences, expert information
//	parts.lua      what the tables say in Go: Buffer of a SRV_READ_HASH_RESPONSE, extensible blob
//	crypto.lua     SHA-2 and AES, which Wireshark's Lua has not
//	blocks.lua     decrypted and verified blocks
//	discovery.lua  tags of MS-PCCRD in XML; discovery_rules.lua its rules, on what xml.lua reads
//	http.lua       where messages are: HTTP, SMB2
//
// Tests run tshark over captures, messages of other implementations, and messages that
// break each rule, and compare each field with spec. UPDATE=1 go test ./spec/wireshark
// generates pchc.lua again.
package wireshark
