-- Wireshark dissector for BranchCache: the hosted cache protocol MS-PCHC, the
-- retrieval protocol MS-PCCRR, the discovery protocol MS-PCCRD, the Content Information
-- of MS-PCCRC, and the buffers of FSCTL_SRV_READ_HASH in MS-SMB2.
--
-- Generated from the tables of https://github.com/hostedcache/pchc: do not edit.
-- Put it into the folder of Wireshark's personal Lua plugins (Help, About
-- Wireshark, Folders), or pass it to tshark:
-- tshark -X lua_script:pchc.lua -r capture.pcapng -Y mspccrr -O mspccrr
--
-- https://github.com/hostedcache/pchc/tree/main/spec/wireshark says what it shows.
--
-- Licensed under the Apache License, Version 2.0.

local mspchc = Proto("mspchc", "BranchCache Hosted Cache Protocol (MS-PCHC)")
local mspccrc = Proto("mspccrc", "BranchCache Content Information (MS-PCCRC)")
local mspccrr = Proto("mspccrr", "BranchCache Retrieval Protocol (MS-PCCRR)")
local mssmb2hash = Proto("mssmb2hash", "BranchCache hashes over SMB2 (FSCTL_SRV_READ_HASH)")

mspccrc.prefs.show_secrets = Pref.bool("Show segment secrets", false,
  "Whether to show SegmentSecret, the key that protects a segment between peers")

local rule_field = ProtoField.string("mspchc.rule", "Violated rule", base.ASCII,
  "ID of a rule of MS-PCHC, MS-PCCRC, MS-PCCRR, MS-PCCRD or MS-SMB2 that the field violates")
local truncated_field = ProtoField.bytes("mspchc.truncated", "Truncated", base.NONE,
  "Bytes present of a truncated integer")
local rest_field = ProtoField.bytes("mspchc.rest", "Rest", base.NONE,
  "Bytes outside of any field")

local experts = {
  format = ProtoExpert.new("mspchc.violation.format", "Violation of a format rule",
    expert.group.MALFORMED, expert.severity.ERROR),
  sender = ProtoExpert.new("mspchc.violation.sender", "Violation of a sender rule",
    expert.group.PROTOCOL, expert.severity.WARN),
}
mspchc.experts = { experts.format, experts.sender }
