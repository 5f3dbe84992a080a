// Package wireshark generates the Wireshark dissector pchc.lua from the tables of
// package spec.
//
// The dissector is a walker in Lua (template.lua) with the tables put into it, so
// it reads a message as [spec.Dissect] does. Tests run tshark over captures and
// compare field by field. UPDATE=1 go test ./spec/wireshark writes pchc.lua anew.
package wireshark
