-- Wireshark dissector for the BranchCache hosted cache protocol, MS-PCHC, and for
-- the Content Information of MS-PCCRC.
--
-- Generated from the tables of https://github.com/hostedcache/pchc: do not edit.
-- Put it into the folder of Wireshark's personal Lua plugins (Help, About
-- Wireshark, Folders), or pass it to tshark:
-- tshark -X lua_script:pchc.lua -r capture.pcapng -V mspchc
--
-- HTTP bodies are dissected on any port if the path is one of the two of the
-- protocol. For other bodies use Decode As, field "Internet media type". Other
-- dissectors can call mspchc, mspchc_request, mspchc_response and mspccrc by name.
-- For a capture of bare messages (link type USER0 and so on) set them in the
-- preferences of DLT_USER.
--
-- Rules that compare fields with each other are not checked.
--
-- Licensed under the Apache License, Version 2.0.

local mspchc = Proto("mspchc", "BranchCache Hosted Cache Protocol (MS-PCHC)")
local mspccrc = Proto("mspccrc", "BranchCache Content Information (MS-PCCRC)")

mspccrc.prefs.show_secrets = Pref.bool("Show segment secrets", false,
  "Whether to show SegmentSecret, the key that protects a segment between peers")

local rule_field = ProtoField.string("mspchc.rule", "Violated rule", base.ASCII,
  "ID of a rule of MS-PCHC or MS-PCCRC that the field violates")
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

local content_tags = {
  ["WinINet\000\000\000\000\000\000\000\000\000"] = "WinINet",
  ["WebIO\000\000\000\000\000\000\000\000\000\000\000"] = "WebIO",
  ["BITS-4.0\000\000\000\000\000\000\000\000"] = "BITS-4.0",
  ["5\219\004]\020#ES\160Q\013\194\225^lL"] = "SMB",
}

local hash_lengths = {
  dwHashAlgo = { [0x800c] = 32, [0x800d] = 48, [0x800e] = 64 },
}

local layouts = {}

layouts["INITIAL_OFFER_MESSAGE"] = { -- MS-PCHC 2.2.1.3
  name = "INITIAL_OFFER_MESSAGE", proto = mspchc,
  fields = {
    { name = "MessageHeader", form = "structure", of = "mspchc.messageheader",
    },
    { name = "ConnectionInformation", form = "structure", of = "mspchc.connectioninformation",
    },
    { name = "Hash", form = "bytes", extent = { to_end = true },
      item = ProtoField.bytes("mspchc.initialoffermessage.hash", "Hash", base.NONE, "HoHoDk of the offered segment, to the end of the message."),
      rules = {
        { id = "PCHC-2.2.1.3-Hash", check = "length_in", 32, 48, 64 },
      },
    },
  },
}

layouts["mspchc.messageheader"] = { -- MS-PCHC 2.2.1.1
  name = "MESSAGE_HEADER", proto = mspchc,
  item = ProtoField.none("mspchc.messageheader", "MESSAGE_HEADER", base.NONE, "MS-PCHC 2.2.1.1"),
  truncated = { id = "PCHC-2.2.1.1-Truncated" },
  fields = {
    { name = "MinorVersion", form = "integer", extent = { bytes = 1 },
      item = ProtoField.uint8("mspchc.messageheader.minorversion", "MinorVersion", base.DEC,
        nil, nil, "Minor version; it precedes the major version."),
      rules = {
        { id = "PCHC-2.2.1.1-MinorVersion", check = "one_of", 0 },
      },
    },
    { name = "MajorVersion", form = "integer", extent = { bytes = 1 },
      item = ProtoField.uint8("mspchc.messageheader.majorversion", "MajorVersion", base.DEC,
        { [1] = "version 1.0", [2] = "version 2.0" }, nil, "Major version: 1 over HTTPS, 2 over HTTP."),
      rules = {
        { id = "PCHC-2.2.1.1-MajorVersion", check = "one_of", 1, 2 },
      },
    },
    { name = "Type", form = "integer", extent = { bytes = 2 },
      item = ProtoField.uint16("mspchc.messageheader.type", "Type", base.DEC,
        { [1] = "INITIAL_OFFER_MESSAGE", [2] = "SEGMENT_INFO_MESSAGE", [3] = "BATCHED_OFFER_MESSAGE" }, nil, "Type of the message, which determines its body."),
      rules = {
        { id = "PCHC-2.2.1.1-Type", check = "one_of", 1, 2, 3 },
        { id = "PCHC-2.2.1.3-Version", message = "INITIAL_OFFER_MESSAGE", when = "MajorVersion", equals = 2, check = "one_of", 3 },
        { id = "PCHC-2.2.1.4-Version", message = "SEGMENT_INFO_MESSAGE", when = "MajorVersion", equals = 2, check = "one_of", 3 },
        { id = "PCHC-2.2.1.5-Version", message = "BATCHED_OFFER_MESSAGE", when = "MajorVersion", equals = 1, check = "one_of", 1, 2 },
      },
    },
    { name = "Padding", form = "bytes", extent = { bytes = 4 },
      item = ProtoField.bytes("mspchc.messageheader.padding", "Padding", base.NONE, "Arbitrary bytes, ignored by the receiver."),
    },
  },
}

layouts["mspchc.connectioninformation"] = { -- MS-PCHC 2.2.1.2
  name = "CONNECTION_INFORMATION", proto = mspchc,
  item = ProtoField.none("mspchc.connectioninformation", "CONNECTION_INFORMATION", base.NONE, "MS-PCHC 2.2.1.2"),
  truncated = { id = "PCHC-2.2.1.2-Truncated" },
  fields = {
    { name = "Port", form = "integer", extent = { bytes = 2 },
      item = ProtoField.uint16("mspchc.connectioninformation.port", "Port", base.DEC,
        nil, nil, "TCP port on which the client serves the offered blocks (MS-PCCRR)."),
      rules = {
        { id = "PCHC-2.2.1.2-Port", check = "between", 1, 65535 },
      },
    },
    { name = "Padding", form = "bytes", extent = { bytes = 6 },
      item = ProtoField.bytes("mspchc.connectioninformation.padding", "Padding", base.NONE, "Arbitrary bytes, ignored by the receiver."),
    },
  },
}

layouts["SEGMENT_INFO_MESSAGE"] = { -- MS-PCHC 2.2.1.4
  name = "SEGMENT_INFO_MESSAGE", proto = mspchc,
  truncated = { id = "PCHC-2.2.1.4-Truncated" },
  fields = {
    { name = "MessageHeader", form = "structure", of = "mspchc.messageheader",
    },
    { name = "ConnectionInformation", form = "structure", of = "mspchc.connectioninformation",
    },
    { name = "ContentTag", form = "bytes", extent = { bytes = 16 }, tag = true,
      item = ProtoField.bytes("mspchc.segmentinfomessage.contenttag", "ContentTag", base.NONE, "Opaque tag of the higher layer that downloaded the content."),
    },
    { name = "SegmentInformation", form = "structure", of = "CONTENT_INFORMATION_V1",
    },
  },
}

layouts["BATCHED_OFFER_MESSAGE"] = { -- MS-PCHC 2.2.1.5
  name = "BATCHED_OFFER_MESSAGE", proto = mspchc,
  fields = {
    { name = "MessageHeader", form = "structure", of = "mspchc.messageheader",
    },
    { name = "ConnectionInformation", form = "structure", of = "mspchc.connectioninformation",
    },
    { name = "SegmentDescriptor", form = "list", of = "mspchc.segmentdescriptor", extent = { to_end = true },
      rules = {
        { id = "PCHC-2.2.1.5-MinDescriptors", check = "not_empty" },
      },
    },
  },
}

layouts["mspchc.segmentdescriptor"] = { -- MS-PCHC 2.2.1.5
  name = "SegmentDescriptor", proto = mspchc,
  item = ProtoField.none("mspchc.segmentdescriptor", "SegmentDescriptor", base.NONE, "MS-PCHC 2.2.1.5"),
  truncated = { id = "PCHC-2.2.1.5-Truncated" },
  each = {
    { id = "PCHC-2.2.1.5-MaxDescriptors", check = "at_most", 128 },
  },
  fields = {
    { name = "BlockSize", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspchc.segmentdescriptor.blocksize", "BlockSize", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of each block in bytes."),
    },
    { name = "SegmentSize", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspchc.segmentdescriptor.segmentsize", "SegmentSize", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of the segment in bytes."),
      rules = {
        { id = "PCHC-2.2.1.5-SegmentSize", check = "between", 1, 4294967295 },
      },
    },
    { name = "SizeOfContentTag", form = "integer", extent = { bytes = 2 },
      item = ProtoField.uint16("mspchc.segmentdescriptor.sizeofcontenttag", "SizeOfContentTag", base.DEC,
        nil, nil, "Size of ContentTag in bytes."),
      rules = {
        { id = "PCHC-2.2.1.5-SizeOfContentTag", check = "one_of", 16 },
      },
    },
    { name = "ContentTag", form = "bytes", extent = { bytes_by = "SizeOfContentTag" }, tag = true,
      item = ProtoField.bytes("mspchc.segmentdescriptor.contenttag", "ContentTag", base.NONE, "Opaque tag of the higher layer that downloaded the content."),
    },
    { name = "HashAlgorithm", form = "integer", extent = { bytes = 1 },
      item = ProtoField.uint8("mspchc.segmentdescriptor.hashalgorithm", "HashAlgorithm", base.DEC,
        { [1] = "SHA-256", [4] = "Truncated SHA-512" }, nil, "Hash function of SegmentHoHoDk."),
      rules = {
        { id = "PCHC-2.2.1.5-HashAlgorithm", check = "one_of", 1, 4 },
      },
    },
    { name = "SegmentHoHoDk", form = "bytes", extent = { bytes = 32 },
      item = ProtoField.bytes("mspchc.segmentdescriptor.segmenthohodk", "SegmentHoHoDk", base.NONE, "Public identifier of the segment."),
    },
  },
}

layouts["UNKNOWN"] = { -- MS-PCHC 2.2.1
  name = "UNKNOWN", proto = mspchc,
  fields = {
    { name = "MessageHeader", form = "structure", of = "mspchc.messageheader",
    },
    { name = "ConnectionInformation", form = "structure", of = "mspchc.connectioninformation",
    },
    { name = "MessageBody", form = "bytes", extent = { to_end = true },
      item = ProtoField.bytes("mspchc.unknown.messagebody", "MessageBody", base.NONE, "Body of a message of unknown type."),
    },
  },
}

layouts["RESPONSE_MESSAGE"] = { -- MS-PCHC 2.2.2.2
  name = "RESPONSE_MESSAGE", proto = mspchc,
  truncated = { id = "PCHC-2.2.2.2-Truncated", when = "Size", equals = 1 },
  fields = {
    { name = "TransportHeader", form = "structure", of = "mspchc.transportheader",
    },
    { name = "ResponseCode", form = "integer", extent = { bytes = 1 },
      item = ProtoField.uint8("mspchc.responsecode", "ResponseCode", base.DEC,
        { [0] = "OK", [1] = "INTERESTED" }, nil, "Reply of the hosted cache to the request."),
      rules = {
        { id = "PCHC-2.2.2.2-ResponseCode", check = "one_of", 0, 1 },
        { id = "PCHC-2.2.2.2-Interested", check = "answer_only", 1, 1 },
      },
    },
    { name = "Trailing", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mspchc.trailing", "Trailing", base.NONE, "Bytes after the end of the response."),
      rules = {
        { id = "PCHC-2.2.2.2-Trailing", check = "absent" },
      },
    },
  },
}

layouts["mspchc.transportheader"] = { -- MS-PCHC 2.2.2.1
  name = "TRANSPORT_HEADER", proto = mspchc,
  item = ProtoField.none("mspchc.transportheader", "TRANSPORT_HEADER", base.NONE, "MS-PCHC 2.2.2.1"),
  truncated = { id = "PCHC-2.2.2.1-Truncated" },
  fields = {
    { name = "Size", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspchc.transportheader.size", "Size", base.DEC,
        nil, nil, "Number of bytes that follow this field."),
      rules = {
        { id = "PCHC-2.2.2.1-Size", check = "one_of", 1 },
      },
    },
  },
}

layouts["CONTENT_INFORMATION_V2"] = { -- MS-PCCRC 2.4
  name = "CONTENT_INFORMATION_V2", proto = mspccrc,
  truncated = { id = "PCCRC-2.4-Truncated" },
  fields = {
    { name = "bMinorVersion", form = "integer", extent = { bytes = 1 },
      item = ProtoField.uint8("mspccrc.v2.bminorversion", "bMinorVersion", base.DEC,
        nil, nil, "Minor version."),
      rules = {
        { id = "PCCRC-2.4-bMinorVersion", check = "one_of", 0 },
      },
    },
    { name = "bMajorVersion", form = "integer", extent = { bytes = 1 },
      item = ProtoField.uint8("mspccrc.v2.bmajorversion", "bMajorVersion", base.DEC,
        { [2] = "version 2.0" }, nil, "Major version."),
      rules = {
        { id = "PCCRC-2.4-bMajorVersion", check = "one_of", 2 },
      },
    },
    { name = "bHashAlgo", form = "integer", extent = { bytes = 1 },
      item = ProtoField.uint8("mspccrc.v2.bhashalgo", "bHashAlgo", base.DEC,
        { [4] = "Truncated SHA-512" }, nil, "Hash function of all hashes in the structure."),
      rules = {
        { id = "PCCRC-2.4-bHashAlgo", check = "one_of", 4 },
      },
    },
    { name = "ullStartInContent", form = "integer", extent = { bytes = 8 },
      item = ProtoField.uint64("mspccrc.v2.ullstartincontent", "ullStartInContent", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Offset of the first listed segment in the content."),
    },
    { name = "ullIndexOfFirstSegment", form = "integer", extent = { bytes = 8 },
      item = ProtoField.uint64("mspccrc.v2.ullindexoffirstsegment", "ullIndexOfFirstSegment", base.DEC,
        nil, nil, "Zero-based index of the first listed segment in the content."),
    },
    { name = "dwOffsetInFirstSegment", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrc.v2.dwoffsetinfirstsegment", "dwOffsetInFirstSegment", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Start of the content range within the first segment, in bytes."),
    },
    { name = "ullLengthOfRange", form = "integer", extent = { bytes = 8 },
      item = ProtoField.uint64("mspccrc.v2.ulllengthofrange", "ullLengthOfRange", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of the content range in bytes; 0 means the whole content."),
      meanings = { [0] = "the whole content" },
    },
    { name = "chunks", form = "list", of = "mspccrc.v2.chunkdescription", extent = { to_end = true },
      rules = {
        { id = "PCCRC-2.4-chunks", check = "not_empty" },
      },
    },
  },
}

layouts["mspccrc.v2.chunkdescription"] = { -- MS-PCCRC 2.4.1.1
  name = "ChunkDescription", proto = mspccrc,
  item = ProtoField.none("mspccrc.v2.chunkdescription", "ChunkDescription", base.NONE, "MS-PCCRC 2.4.1.1"),
  truncated = { id = "PCCRC-2.4.1.1-Truncated" },
  fields = {
    { name = "bChunkType", form = "integer", extent = { bytes = 1 },
      item = ProtoField.uint8("mspccrc.v2.chunkdescription.bchunktype", "bChunkType", base.DEC,
        { [0] = "segment descriptions" }, nil, "Type of the chunk."),
      rules = {
        { id = "PCCRC-2.4.1.1-bChunkType", check = "one_of", 0 },
      },
    },
    { name = "dwChunkDataLength", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrc.v2.chunkdescription.dwchunkdatalength", "dwChunkDataLength", base.DEC,
        nil, nil, "Size of chunkData in bytes."),
      rules = {
        { id = "PCCRC-2.4.1.1-dwChunkDataLength", check = "backed", bytes = 68, hashes = 0, counts_bytes = true },
      },
    },
    { name = "chunkData", form = "list", of = "mspccrc.v2.segmentdescription", extent = { bytes_by = "dwChunkDataLength", element = 68 },
    },
  },
}

layouts["mspccrc.v2.segmentdescription"] = { -- MS-PCCRC 2.4.1.2
  name = "SegmentDescription", proto = mspccrc,
  item = ProtoField.none("mspccrc.v2.segmentdescription", "SegmentDescription", base.NONE, "MS-PCCRC 2.4.1.2"),
  fields = {
    { name = "cbSegment", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrc.v2.segmentdescription.cbsegment", "cbSegment", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of the segment in bytes, whether in the content range or not."),
      rules = {
        { id = "PCCRC-2.4.1.2-cbSegment", check = "between", 1, 131072 },
      },
    },
    { name = "SegmentHashOfData", form = "bytes", extent = { bytes = 32 },
      item = ProtoField.bytes("mspccrc.v2.segmentdescription.segmenthashofdata", "SegmentHashOfData", base.NONE, "HoD: hash of the segment."),
    },
    { name = "SegmentSecret", form = "bytes", extent = { bytes = 32 }, secret = true,
      item = ProtoField.bytes("mspccrc.v2.segmentdescription.segmentsecret", "SegmentSecret", base.NONE, "Kp: the key that protects the segment between peers."),
    },
  },
}

layouts["CONTENT_INFORMATION_V1"] = { -- MS-PCCRC 2.3
  name = "CONTENT_INFORMATION_V1", proto = mspccrc,
  truncated = { id = "PCCRC-2.3-Truncated" },
  fields = {
    { name = "Version", form = "integer", extent = { bytes = 2 }, little = true,
      item = ProtoField.uint16("mspccrc.v1.version", "Version", base.HEX,
        { [256] = "version 1.0" }, nil, "Version: the major version in the high byte, the minor version in the low byte."),
      rules = {
        { id = "PCCRC-2.3-Version", check = "one_of", 256 },
      },
    },
    { name = "dwHashAlgo", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mspccrc.v1.dwhashalgo", "dwHashAlgo", base.HEX,
        { [32780] = "SHA-256", [32781] = "SHA-384", [32782] = "SHA-512" }, nil, "Hash function of all hashes in the structure."),
      rules = {
        { id = "PCCRC-2.3-dwHashAlgo", check = "one_of", 32780, 32781, 32782 },
      },
    },
    { name = "dwOffsetInFirstSegment", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mspccrc.v1.dwoffsetinfirstsegment", "dwOffsetInFirstSegment", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Start of the content range within the first segment, in bytes."),
    },
    { name = "dwReadBytesInLastSegment", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mspccrc.v1.dwreadbytesinlastsegment", "dwReadBytesInLastSegment", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Number of bytes of the content range in the last segment; 0 means up to its end."),
      meanings = { [0] = "to the end of the segment" },
    },
    { name = "cSegments", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mspccrc.v1.csegments", "cSegments", base.DEC,
        nil, nil, "Number of segments and of block lists."),
      rules = {
        { id = "PCHC-2.2.1.4-cSegments", message = "SEGMENT_INFO_MESSAGE", check = "one_of", 1 },
        { id = "PCCRC-2.3-cSegments", check = "backed", bytes = 16, hashes = 2, by = "dwHashAlgo" },
      },
    },
    { name = "segments", form = "list", of = "mspccrc.v1.segmentdescription", extent = { elements_by = "cSegments" },
    },
    { name = "blocks", form = "list", of = "mspccrc.v1.segmentcontentblocks", extent = { elements_by = "cSegments" },
    },
    { name = "Padding", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mspccrc.v1.padding", "Padding", base.NONE, "Bytes after the last block list, which have no meaning."),
      rules = {
        { id = "PCCRC-2.3-Padding", check = "absent" },
      },
    },
  },
}

layouts["mspccrc.v1.segmentdescription"] = { -- MS-PCCRC 2.3.1.1
  name = "SegmentDescription", proto = mspccrc,
  item = ProtoField.none("mspccrc.v1.segmentdescription", "SegmentDescription", base.NONE, "MS-PCCRC 2.3.1.1"),
  fields = {
    { name = "ullOffsetInContent", form = "integer", extent = { bytes = 8 }, little = true,
      item = ProtoField.uint64("mspccrc.v1.segmentdescription.ulloffsetincontent", "ullOffsetInContent", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Offset of the segment in the content."),
    },
    { name = "cbSegment", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mspccrc.v1.segmentdescription.cbsegment", "cbSegment", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of the segment in bytes, whether in the content range or not."),
    },
    { name = "cbBlockSize", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mspccrc.v1.segmentdescription.cbblocksize", "cbBlockSize", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of each block in bytes, except the last of the content."),
      rules = {
        { id = "PCCRC-2.3.1.1-cbBlockSize", check = "one_of", 65536 },
      },
    },
    { name = "SegmentHashOfData", form = "bytes", extent = { hash_by = "dwHashAlgo" },
      item = ProtoField.bytes("mspccrc.v1.segmentdescription.segmenthashofdata", "SegmentHashOfData", base.NONE, "HoD: hash of the hashes of all blocks of the segment, whether listed or not."),
    },
    { name = "SegmentSecret", form = "bytes", extent = { hash_by = "dwHashAlgo" }, secret = true,
      item = ProtoField.bytes("mspccrc.v1.segmentdescription.segmentsecret", "SegmentSecret", base.NONE, "Kp: the key that protects the segment between peers."),
    },
  },
}

layouts["mspccrc.v1.segmentcontentblocks"] = { -- MS-PCCRC 2.3.1.2
  name = "SegmentContentBlocks", proto = mspccrc,
  item = ProtoField.none("mspccrc.v1.segmentcontentblocks", "SegmentContentBlocks", base.NONE, "MS-PCCRC 2.3.1.2"),
  truncated = { id = "PCCRC-2.3.1.2-Truncated" },
  fields = {
    { name = "cBlocks", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mspccrc.v1.segmentcontentblocks.cblocks", "cBlocks", base.DEC,
        nil, nil, "Number of block hashes."),
      rules = {
        { id = "PCCRC-2.3.1.2-cBlocks", check = "backed", bytes = 0, hashes = 1, by = "dwHashAlgo" },
      },
    },
    { name = "BlockHashes", form = "list", element = { hash_by = "dwHashAlgo" }, extent = { elements_by = "cBlocks" },
      item = ProtoField.bytes("mspccrc.v1.segmentcontentblocks.blockhashes", "BlockHashes", base.NONE, "Hashes of the segment's blocks, in order."),
    },
  },
}

-- The messages of each kind, in the order in which their marks are looked for.
local messages = {
  request = {
    { layout = "INITIAL_OFFER_MESSAGE", at = 2, mark = "\000\001" },
    { layout = "SEGMENT_INFO_MESSAGE", at = 2, mark = "\000\002" },
    { layout = "BATCHED_OFFER_MESSAGE", at = 2, mark = "\000\003" },
    { layout = "UNKNOWN", at = 0, mark = "" },
  },
  response = {
    { layout = "RESPONSE_MESSAGE", at = 0, mark = "" },
  },
  content_v1 = {
    { layout = "CONTENT_INFORMATION_V1", at = 0, mark = "" },
  },
  content_v2 = {
    { layout = "CONTENT_INFORMATION_V2", at = 0, mark = "" },
  },
}

local rules = {
  ["PCHC-2.2.1.3-Hash"] = { class = "format",
    text = "Hash, which extends to the end of an INITIAL_OFFER_MESSAGE, MUST have 32, 48 or 64 bytes, the lengths of SHA-256, SHA-384 and SHA-512." },
  ["PCHC-2.2.1.1-Truncated"] = { class = "format",
    text = "A request MUST begin with a complete MESSAGE_HEADER of 8 bytes." },
  ["PCHC-2.2.1.1-MinorVersion"] = { class = "format",
    text = "MinorVersion, the first byte of a request, MUST be 0." },
  ["PCHC-2.2.1.1-MajorVersion"] = { class = "format",
    text = "MajorVersion, the second byte of a request, MUST be 1 or 2." },
  ["PCHC-2.2.1.1-Type"] = { class = "format",
    text = "Type MUST be 1 (INITIAL_OFFER_MESSAGE), 2 (SEGMENT_INFO_MESSAGE) or 3 (BATCHED_OFFER_MESSAGE)." },
  ["PCHC-2.2.1.3-Version"] = { class = "format",
    text = "An INITIAL_OFFER_MESSAGE MUST have version 1.0." },
  ["PCHC-2.2.1.4-Version"] = { class = "format",
    text = "A SEGMENT_INFO_MESSAGE MUST have version 1.0." },
  ["PCHC-2.2.1.5-Version"] = { class = "format",
    text = "A BATCHED_OFFER_MESSAGE MUST have version 2.0." },
  ["PCHC-2.2.1.2-Truncated"] = { class = "format",
    text = "A complete CONNECTION_INFORMATION of 8 bytes MUST follow the MESSAGE_HEADER." },
  ["PCHC-2.2.1.2-Port"] = { class = "sender",
    text = "Port MUST be the port on which the client listens for peers, so it MUST NOT be 0." },
  ["PCHC-2.2.1.4-Truncated"] = { class = "format",
    text = "A SEGMENT_INFO_MESSAGE MUST contain a complete ContentTag of 16 bytes." },
  ["PCHC-2.2.1.5-MinDescriptors"] = { class = "format",
    text = "A BATCHED_OFFER_MESSAGE MUST contain at least one SegmentDescriptor." },
  ["PCHC-2.2.1.5-Truncated"] = { class = "format",
    text = "The last SegmentDescriptor of a BATCHED_OFFER_MESSAGE MUST be complete." },
  ["PCHC-2.2.1.5-MaxDescriptors"] = { class = "format",
    text = "A BATCHED_OFFER_MESSAGE MUST NOT contain more than 128 SegmentDescriptors." },
  ["PCHC-2.2.1.5-SegmentSize"] = { class = "sender",
    text = "SegmentSize MUST be the size of the data in the segment, so it MUST NOT be 0." },
  ["PCHC-2.2.1.5-SizeOfContentTag"] = { class = "format",
    text = "SizeOfContentTag of a SegmentDescriptor MUST be 16." },
  ["PCHC-2.2.1.5-HashAlgorithm"] = { class = "format",
    text = "HashAlgorithm of a SegmentDescriptor MUST be 0x01 (SHA-256) or 0x04 (the first 256 bits of SHA-512)." },
  ["PCHC-2.2.2.2-Truncated"] = { class = "format",
    text = "A response MUST contain a ResponseCode." },
  ["PCHC-2.2.2.2-ResponseCode"] = { class = "format",
    text = "ResponseCode MUST be 0 (OK) or 1 (INTERESTED)." },
  ["PCHC-2.2.2.2-Interested"] = { class = "format",
    text = "ResponseCode MUST be OK in reply to any request but an INITIAL_OFFER_MESSAGE." },
  ["PCHC-2.2.2.2-Trailing"] = { class = "format",
    text = "A response MUST end with its ResponseCode, the fifth byte." },
  ["PCHC-2.2.2.1-Truncated"] = { class = "format",
    text = "A response MUST begin with a complete Size of 4 bytes." },
  ["PCHC-2.2.2.1-Size"] = { class = "format",
    text = "Size MUST be the number of bytes that follow it, which is 1 in every response." },
  ["PCCRC-2.4-Truncated"] = { class = "format",
    text = "Content Information 2.0 MUST begin with a complete header of 31 bytes." },
  ["PCCRC-2.4-bMinorVersion"] = { class = "format",
    text = "bMinorVersion MUST be 0." },
  ["PCCRC-2.4-bMajorVersion"] = { class = "format",
    text = "bMajorVersion MUST be 2." },
  ["PCCRC-2.4-bHashAlgo"] = { class = "format",
    text = "bHashAlgo MUST be 0x04 (the first 256 bits of SHA-512)." },
  ["PCCRC-2.4-chunks"] = { class = "format",
    text = "Content Information 2.0 MUST contain at least one chunk." },
  ["PCCRC-2.4.1.1-Truncated"] = { class = "format",
    text = "A chunk MUST begin with a complete header of 5 bytes." },
  ["PCCRC-2.4.1.1-bChunkType"] = { class = "format",
    text = "bChunkType MUST be 0." },
  ["PCCRC-2.4.1.1-dwChunkDataLength"] = { class = "format",
    text = "dwChunkDataLength MUST be a positive multiple of 68, the size of a segment description, and that many bytes MUST follow." },
  ["PCCRC-2.4.1.2-cbSegment"] = { class = "sender",
    text = "A segment of version 2.0 MUST be 1 byte to 128 KiB long." },
  ["PCCRC-2.3-Truncated"] = { class = "format",
    text = "Content Information 1.0 MUST begin with a complete header of 18 bytes." },
  ["PCCRC-2.3-Version"] = { class = "format",
    text = "Version MUST be 0x0100." },
  ["PCCRC-2.3-dwHashAlgo"] = { class = "format",
    text = "dwHashAlgo MUST be 0x800C (SHA-256), 0x800D (SHA-384) or 0x800E (SHA-512)." },
  ["PCHC-2.2.1.4-cSegments"] = { class = "format",
    text = "In a SEGMENT_INFO_MESSAGE cSegments MUST be 1: one segment description and one block list." },
  ["PCCRC-2.3-cSegments"] = { class = "format",
    text = "cSegments MUST be at least 1, and that many segment descriptions MUST follow." },
  ["PCCRC-2.3-Padding"] = { class = "sender",
    text = "Content Information 1.0 MUST end with its last block list." },
  ["PCCRC-2.3.1.1-cbBlockSize"] = { class = "sender",
    text = "cbBlockSize MUST be 65536." },
  ["PCCRC-2.3.1.2-Truncated"] = { class = "format",
    text = "Each segment MUST have a block list with a complete cBlocks." },
  ["PCCRC-2.3.1.2-cBlocks"] = { class = "format",
    text = "cBlocks MUST be at least 1, and that many block hashes MUST follow." },
}

local paths = {
  ["/c574ac30-5794-4aee-b1bb-6651c5315029"] = true,
  ["/0131501b-d67f-491b-9a40-c4bf27bcb4d4"] = true,
}

-- Everything below reads the tables above.

local fields = { [mspchc] = { rule_field, truncated_field, rest_field }, [mspccrc] = {} }
for _, layout in pairs(layouts) do
  local of = fields[layout.proto]
  of[#of + 1] = layout.item
  for _, field in ipairs(layout.fields) do
    of[#of + 1] = field.item
  end
end
mspchc.fields = fields[mspchc]
mspccrc.fields = fields[mspccrc]

-- The checks of rules: each returns whether node n keeps the rule. Rules about
-- bytes that were not captured are not checked.
local checks = {}

function checks.one_of(_, rule, n)
  for _, v in ipairs(rule) do
    if n.value == v then return true end
  end
  return false
end

function checks.between(_, rule, n) return rule[1] <= n.value and n.value <= rule[2] end

function checks.length_in(walk, rule, n)
  for _, v in ipairs(rule) do
    if n.length == v then return true end
  end
  return walk.limited
end

function checks.absent() return false end

function checks.not_empty(walk, _, n) return n.count > 0 or walk.limited end

function checks.at_most(_, rule, n) return n.index ~= rule[1] end

function checks.answer_only(walk, rule, n)
  return n.value ~= rule[1] or not walk.request or walk.request == rule[2]
end

function checks.backed(walk, rule, n)
  if n.value == 0 then return false end
  local hash = rule.hashes > 0 and walk:hash_length(rule.by) or 0
  if rule.hashes > 0 and hash == 0 then return true end -- unknown hash function
  local size = rule.bytes + rule.hashes * hash
  if rule.counts_bytes then
    if n.value % size ~= 0 then return false end
    size = 1
  end
  return n.value * size <= walk.stop - walk.pos or walk.limited
end

-- A walk reads one message: pos is the next byte, stop where the bytes end, and
-- scopes are the integers read so far in the structures around pos.
local Walk = {}
Walk.__index = Walk

function Walk:lookup(name)
  for i = #self.scopes, 1, -1 do
    local value = self.scopes[i][name]
    if value then return value end
  end
end

function Walk:hash_length(by)
  local value = self:lookup(by)
  return value and hash_lengths[by][value]
end

-- size returns the bytes of a leaf, nil if an unknown hash function decides.
function Walk:size(extent)
  if extent.bytes then return extent.bytes end
  if extent.bytes_by then return self:lookup(extent.bytes_by) end
  if extent.hash_by then return self:hash_length(extent.hash_by) end
  return self.stop - self.pos
end

function Walk:binds(rule)
  return (not rule.message or rule.message == self.message)
    and (not rule.when or self:lookup(rule.when) == rule.equals)
end

function Walk:report(id, tree, from, length)
  local item = tree:add(rule_field, self.tvb(from, length), id)
  item:set_generated()
  item:add_proto_expert_info(experts[rules[id].class], id .. ": " .. rules[id].text)
end

-- judge reports the first of the rules that n breaks.
function Walk:judge(list, n)
  for _, rule in ipairs(list or {}) do
    if self:binds(rule) and not checks[rule.check](self, rule, n) then
      self:report(rule.id, n.item, n.from, n.length)
      return
    end
  end
end

-- hide stands for bytes that are or may be a secret.
function Walk:hide(tree, label, length)
  tree:add(self.tvb(self.pos, 0), ("%s: hidden, %d bytes (preference mspccrc.show_secrets)"):format(label, length))
end

function Walk:truncated(field, layout, label, tree, left)
  self.done = true
  if left > 0 then
    if field.secret and not mspccrc.prefs.show_secrets then
      self:hide(tree, label, left)
    elseif field.form == "integer" then
      tree:add(truncated_field, self.tvb(self.pos, left)):prepend_text(label .. ": ")
    else
      tree:add(field.item, self.tvb(self.pos, left)):append_text(" (truncated)")
    end
  end
  local cut = layout.truncated
  if cut and field.form ~= "list" and self:binds(cut) and not self.limited then
    self:report(cut.id, tree, self.pos, left)
  end
  self.pos = self.stop
end

function Walk:rest(label, tree)
  local left = self.stop - self.pos
  if left > 0 then
    if not mspccrc.prefs.show_secrets then
      self:hide(tree, label, left)
    else
      tree:add(rest_field, self.tvb(self.pos, left))
    end
  end
  self.pos = self.stop
end

-- leaf reads a byte string or an integer.
function Walk:leaf(field, extent, layout, label, tree)
  local left, size = self.stop - self.pos, self:size(extent)
  if not size then
    self:rest("Rest", tree)
    self.done = true
    return
  end
  if size > left then
    return self:truncated(field, layout, label, tree, left)
  end
  local range = self.tvb(self.pos, size)
  local n = { from = self.pos, length = size }
  if field.form == "integer" then
    local whole
    if size <= 4 then
      n.value = field.little and range:le_uint() or range:uint()
    else
      whole = field.little and range:le_uint64() or range:uint64()
      n.value = tonumber(tostring(whole))
    end
    n.item = field.little and tree:add_le(field.item, range) or tree:add(field.item, range)
    if field.meanings and field.meanings[n.value] then
      n.item:append_text(" (" .. field.meanings[n.value] .. ")")
    end
    self.scopes[#self.scopes][field.name] = n.value
  elseif field.secret and not mspccrc.prefs.show_secrets then
    self:hide(tree, label, size)
    n.item = tree
  else
    n.item = tree:add(field.item, range)
    if label ~= field.name then
      n.item:set_text(label .. ": " .. range:bytes():tohex(true))
    end
    if field.tag then
      n.item:append_text(" (" .. (content_tags[range:raw()] or "Other") .. ")")
    end
  end
  self.pos = self.pos + size
  self:judge(field.rules, n)
end

-- list reads the elements of a field. Those of one with a length in bytes have
-- that many bytes, as far as they are there.
function Walk:list(field, layout, tree)
  local extent, outer = field.extent, self.stop
  local n = { item = tree, from = self.pos, length = 0, count = 0 }
  local count, to_end = math.huge, false
  if extent.elements_by then
    count = self:lookup(extent.elements_by)
  elseif extent.bytes_by then
    local length = self:lookup(extent.bytes_by)
    if length <= self.stop - self.pos then
      self.stop = self.pos + length
      count = math.floor(length / extent.element)
    end
  else
    to_end = true
  end
  while not self.done and n.count < count and not (to_end and self.pos >= self.stop) do
    local label = ("%s[%d]"):format(field.name, n.count)
    if field.of then
      self:structure(layouts[field.of], label, tree, n.count)
    else
      self:leaf(field, field.element, layout, label, tree)
    end
    n.count = n.count + 1
  end
  if self.done then return end
  self:judge(field.rules, n)
  if self.pos < self.stop and extent.bytes_by then
    self:rest("Rest", tree)
  end
  self.stop = outer
end

function Walk:structure(layout, label, tree, index)
  local from = self.pos
  local item = tree
  if from < self.stop then
    item = tree:add(layout.item or layout.proto, self.tvb(from, self.stop - from))
    if label then item:set_text(label) end
  end
  local scope = {}
  self.scopes[#self.scopes + 1] = scope
  self:judge(layout.each, { item = item, from = from, length = 0, index = index })
  for _, field in ipairs(layout.fields) do
    if self.done then break end
    if field.form == "structure" then
      self:structure(layouts[field.of], field.name, item)
    elseif field.form == "list" then
      self:list(field, layout, item)
    elseif not (field.optional and self.pos == self.stop) then
      self:leaf(field, field.extent, layout, field.name, item)
    end
  end
  self.scopes[#self.scopes] = nil
  if not index and #self.scopes > 0 then -- others may need its values
    local around = self.scopes[#self.scopes]
    for name, value in pairs(scope) do
      if around[name] == nil then around[name] = value end
    end
  end
  if from < self.pos then item:set_len(self.pos - from) end
end

-- dissect shows all of tvb as a message of the given kind. request is the Type of
-- the request that a response answers, nil where it is not known.
local function dissect(kind, tvb, pinfo, tree, request)
  if tvb:len() == 0 then return 0 end
  local layout
  for _, message in ipairs(messages[kind]) do
    local mark = message.mark
    if message.at + #mark <= tvb:len() and (mark == "" or tvb(message.at, #mark):raw() == mark) then
      layout = layouts[message.layout]
      break
    end
  end
  pinfo.cols.protocol = kind:find("^content") and "MS-PCCRC" or "MS-PCHC"
  pinfo.cols.info:append(" " .. layout.name)
  setmetatable({
    tvb = tvb, pos = 0, stop = tvb:len(), limited = tvb:len() < tvb:reported_len(),
    message = layout.name, request = request, scopes = {},
  }, Walk):structure(layout, nil, tree)
  return tvb:len()
end

-- The exchange of HTTP around a body.

local http_method = Field.new("http.request.method")
local http_uri = Field.new("http.request.uri")
local http_code = Field.new("http.response.code")
local http_request_in = Field.new("http.request_in")
local http_response_for = Field.new("http.response_for.uri")

-- last returns the value of a field of the HTTP message at hand, which is the
-- last one that the frame has so far.
local function last(field)
  local all = { field() }
  return #all > 0 and all[#all].value or nil
end

local function is_path(uri)
  if not uri then return false end
  local path = uri:lower():gsub("[?#].*$", ""):gsub("^%a[%w+.-]*://[^/]*", ""):gsub("/$", "")
  return paths[path] == true
end

-- requests has by frame the Type of the request in it, 0 where it is not known or
-- there are several.
local requests = {}
function mspchc.init() requests = {} end

-- exchange returns what kind of message an HTTP body is, nil for one of others,
-- and for a response the Type of its request where that is known.
local function exchange(tvb, pinfo)
  local code = last(http_code)
  if code then
    local request_in = last(http_request_in)
    local request = request_in and requests[request_in]
    if code < 200 or code > 299 or not (request or is_path(last(http_response_for))) then return nil end
    return "response", request ~= 0 and request or nil
  end
  if last(http_method) ~= "POST" or not is_path(last(http_uri)) then return nil end
  local kind = tvb:len() >= 4 and tvb(2, 2):uint() or 0
  local before = requests[pinfo.number]
  requests[pinfo.number] = (before == nil or before == kind) and kind or 0
  return "request"
end

local function http_body(tvb, pinfo, tree)
  local kind, request = exchange(tvb, pinfo)
  return kind ~= nil and dissect(kind, tvb, pinfo, tree, request) > 0
end

function mspchc.dissector(tvb, pinfo, tree)
  local kind, request = exchange(tvb, pinfo)
  if not kind then -- not over HTTP, or on another path
    local response = tvb:len() < 8 or tvb(0, 2):uint() == 0
    kind = response and "response" or "request"
  end
  return dissect(kind, tvb, pinfo, tree, request)
end

function mspccrc.dissector(tvb, pinfo, tree)
  local second = tvb:len() > 1 and tvb(1, 1):uint()
  return dissect(second == 2 and "content_v2" or "content_v1", tvb, pinfo, tree)
end

-- Names for one direction, for other dissectors.
local mspchc_request = Proto("mspchc_request", "MS-PCHC request")
function mspchc_request.dissector(tvb, pinfo, tree) return dissect("request", tvb, pinfo, tree) end
local mspchc_response = Proto("mspchc_response", "MS-PCHC response")
function mspchc_response.dissector(tvb, pinfo, tree) return dissect("response", tvb, pinfo, tree) end

mspchc:register_heuristic("http", http_body)

local media_types = DissectorTable.get("media_type")
for _, proto in ipairs({ mspchc, mspccrc, mspchc_request, mspchc_response }) do
  media_types:add_for_decode_as(proto)
end

-- A body whose media type has a dissector never reaches the heuristics. MS-PCHC
-- needs no media type, but tools and servers set these, so look at the path first.
for i, media_type in ipairs({
  "application/octet-stream", "application/x-www-form-urlencoded", "text/plain", "text/html",
}) do
  local original = media_types:get_dissector(media_type)
  if original then
    local first = Proto("mspchc_media_" .. i, "MS-PCHC or " .. media_type)
    function first.dissector(tvb, pinfo, tree)
      if http_body(tvb, pinfo, tree) then return tvb:len() end
      return original:call(tvb, pinfo, tree)
    end
    media_types:add(media_type, first)
  end
end
