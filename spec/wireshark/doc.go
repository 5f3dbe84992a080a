// Package wireshark generates the Wireshark dissector pchc.lua from the tables of
// package spec.
//
// The dissector is an interpreter in Lua (template.lua) with the tables inserted, so
// it reads a message as [spec.Dissect] does. Tests run tshark over captures and
// compare each field. UPDATE=1 go test ./spec/wireshark generates pchc.lua again.
package wireshark
