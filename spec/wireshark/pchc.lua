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

layouts["MS-PCHC 2.2.1.3 INITIAL_OFFER_MESSAGE"] = {
  name = "INITIAL_OFFER_MESSAGE", section = "MS-PCHC 2.2.1.3", proto = mspchc,
  fields = {
    { name = "MessageHeader", form = "structure", of = "MS-PCHC 2.2.1.1 MESSAGE_HEADER",
    },
    { name = "ConnectionInformation", form = "structure", of = "MS-PCHC 2.2.1.2 CONNECTION_INFORMATION",
    },
    { name = "Hash", form = "bytes", extent = { to_end = true },
      item = ProtoField.bytes("mspchc.initialoffermessage.hash", "Hash", base.NONE, "HoHoDk of the offered segment, to the end of the message."),
      rules = {
        { id = "PCHC-2.2.1.3-Hash", check = "length_in", 32, 48, 64 },
      },
    },
  },
}

layouts["MS-PCHC 2.2.1.1 MESSAGE_HEADER"] = {
  name = "MESSAGE_HEADER", section = "MS-PCHC 2.2.1.1", proto = mspchc,
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

layouts["MS-PCHC 2.2.1.2 CONNECTION_INFORMATION"] = {
  name = "CONNECTION_INFORMATION", section = "MS-PCHC 2.2.1.2", proto = mspchc,
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

layouts["MS-PCHC 2.2.1.4 SEGMENT_INFO_MESSAGE"] = {
  name = "SEGMENT_INFO_MESSAGE", section = "MS-PCHC 2.2.1.4", proto = mspchc,
  truncated = { id = "PCHC-2.2.1.4-Truncated" },
  fields = {
    { name = "MessageHeader", form = "structure", of = "MS-PCHC 2.2.1.1 MESSAGE_HEADER",
    },
    { name = "ConnectionInformation", form = "structure", of = "MS-PCHC 2.2.1.2 CONNECTION_INFORMATION",
    },
    { name = "ContentTag", form = "bytes", extent = { bytes = 16 }, tag = true,
      item = ProtoField.bytes("mspchc.segmentinfomessage.contenttag", "ContentTag", base.NONE, "Opaque tag of the higher layer that downloaded the content."),
    },
    { name = "SegmentInformation", form = "structure", of = "MS-PCCRC 2.3 CONTENT_INFORMATION_V1",
    },
  },
}

layouts["MS-PCHC 2.2.1.5 BATCHED_OFFER_MESSAGE"] = {
  name = "BATCHED_OFFER_MESSAGE", section = "MS-PCHC 2.2.1.5", proto = mspchc,
  fields = {
    { name = "MessageHeader", form = "structure", of = "MS-PCHC 2.2.1.1 MESSAGE_HEADER",
    },
    { name = "ConnectionInformation", form = "structure", of = "MS-PCHC 2.2.1.2 CONNECTION_INFORMATION",
    },
    { name = "SegmentDescriptor", form = "list", of = "MS-PCHC 2.2.1.5 SegmentDescriptor", extent = { to_end = true },
      rules = {
        { id = "PCHC-2.2.1.5-MinDescriptors", check = "not_empty" },
      },
    },
  },
}

layouts["MS-PCHC 2.2.1.5 SegmentDescriptor"] = {
  name = "SegmentDescriptor", section = "MS-PCHC 2.2.1.5", proto = mspchc,
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

layouts["MS-PCHC 2.2.1 UNKNOWN"] = {
  name = "UNKNOWN", section = "MS-PCHC 2.2.1", proto = mspchc,
  fields = {
    { name = "MessageHeader", form = "structure", of = "MS-PCHC 2.2.1.1 MESSAGE_HEADER",
    },
    { name = "ConnectionInformation", form = "structure", of = "MS-PCHC 2.2.1.2 CONNECTION_INFORMATION",
    },
    { name = "MessageBody", form = "bytes", extent = { to_end = true },
      item = ProtoField.bytes("mspchc.unknown.messagebody", "MessageBody", base.NONE, "Body of a message of unknown type."),
    },
  },
}

layouts["MS-PCHC 2.2.2.2 RESPONSE_MESSAGE"] = {
  name = "RESPONSE_MESSAGE", section = "MS-PCHC 2.2.2.2", proto = mspchc,
  truncated = { id = "PCHC-2.2.2.2-Truncated", when = "Size", equals = 1 },
  fields = {
    { name = "TransportHeader", form = "structure", of = "MS-PCHC 2.2.2.1 TRANSPORT_HEADER",
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

layouts["MS-PCHC 2.2.2.1 TRANSPORT_HEADER"] = {
  name = "TRANSPORT_HEADER", section = "MS-PCHC 2.2.2.1", proto = mspchc,
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

layouts["MS-PCCRC 2.4 CONTENT_INFORMATION_V2"] = {
  name = "CONTENT_INFORMATION_V2", section = "MS-PCCRC 2.4", proto = mspccrc,
  read = "content_v2",
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
    { name = "chunks", form = "list", of = "MS-PCCRC 2.4.1.1 ChunkDescription", extent = { to_end = true },
      rules = {
        { id = "PCCRC-2.4-chunks", check = "not_empty" },
      },
    },
  },
}

layouts["MS-PCCRC 2.4.1.1 ChunkDescription"] = {
  name = "ChunkDescription", section = "MS-PCCRC 2.4.1.1", proto = mspccrc,
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
    { name = "chunkData", form = "list", of = "MS-PCCRC 2.4.1.2 SegmentDescription", extent = { bytes_by = "dwChunkDataLength", element = 68 },
    },
  },
}

layouts["MS-PCCRC 2.4.1.2 SegmentDescription"] = {
  name = "SegmentDescription", section = "MS-PCCRC 2.4.1.2", proto = mspccrc,
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

layouts["MS-PCCRC 2.3 CONTENT_INFORMATION_V1"] = {
  name = "CONTENT_INFORMATION_V1", section = "MS-PCCRC 2.3", proto = mspccrc,
  read = "content_v1",
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
    { name = "segments", form = "list", of = "MS-PCCRC 2.3.1.1 SegmentDescription", extent = { elements_by = "cSegments" },
    },
    { name = "blocks", form = "list", of = "MS-PCCRC 2.3.1.2 SegmentContentBlocks", extent = { elements_by = "cSegments" },
    },
    { name = "Padding", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mspccrc.v1.padding", "Padding", base.NONE, "Bytes after the last block list, which have no meaning."),
      rules = {
        { id = "PCCRC-2.3-Padding", check = "absent" },
      },
    },
  },
}

layouts["MS-PCCRC 2.3.1.1 SegmentDescription"] = {
  name = "SegmentDescription", section = "MS-PCCRC 2.3.1.1", proto = mspccrc,
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

layouts["MS-PCCRC 2.3.1.2 SegmentContentBlocks"] = {
  name = "SegmentContentBlocks", section = "MS-PCCRC 2.3.1.2", proto = mspccrc,
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

layouts["MS-SMB2 2.2.31.2 SRV_READ_HASH_REQUEST"] = {
  name = "SRV_READ_HASH_REQUEST", section = "MS-SMB2 2.2.31.2", proto = mssmb2hash,
  truncated = { id = "SMB2-2.2.31.2-Truncated" },
  fields = {
    { name = "HashType", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.hashtype", "HashType", base.DEC,
        { [1] = "SRV_HASH_TYPE_PEER_DIST" }, nil, "What the hashes are for."),
      rules = {
        { id = "SMB2-2.2.31.2-HashType", check = "one_of", 1 },
      },
    },
    { name = "HashVersion", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.hashversion", "HashVersion", base.DEC,
        { [1] = "SRV_HASH_VER_1", [2] = "SRV_HASH_VER_2" }, nil, "Version of the Content Information."),
      rules = {
        { id = "SMB2-2.2.31.2-HashVersion", check = "one_of", 1, 2 },
      },
    },
    { name = "HashRetrievalType", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.hashretrievaltype", "HashRetrievalType", base.DEC,
        { [1] = "SRV_HASH_RETRIEVE_HASH_BASED", [2] = "SRV_HASH_RETRIEVE_FILE_BASED" }, nil, "What Length and Offset count: bytes of the Content Information File, or of the content."),
      rules = {
        { id = "SMB2-2.2.31.2-HashRetrievalType", check = "one_of", 1, 2 },
        { id = "SMB2-3.3.5.15.7-HashRetrievalType", when = "HashVersion", equals = 1, check = "one_of", 1 },
        { id = "SMB2-3.3.5.15.7-HashRetrievalType", when = "HashVersion", equals = 2, check = "one_of", 2 },
      },
    },
    { name = "Length", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.length", "Length", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Number of bytes asked for."),
    },
    { name = "Offset", form = "integer", extent = { bytes = 8 }, little = true,
      item = ProtoField.uint64("mssmb2hash.offset", "Offset", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Where they begin."),
    },
    { name = "Trailing", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mssmb2hash.trailing", "Trailing", base.NONE, "Bytes after the end of the request."),
      rules = {
        { id = "SMB2-2.2.31.2-Trailing", check = "absent" },
      },
    },
  },
}

layouts["MS-SMB2 2.2.32.4.3 SRV_READ_HASH_RESPONSE"] = {
  name = "SRV_READ_HASH_RESPONSE", section = "MS-SMB2 2.2.32.4.3", proto = mssmb2hash,
  truncated = { id = "SMB2-2.2.32.4.3-Truncated" },
  fields = {
    { name = "FileDataOffset", form = "integer", extent = { bytes = 8 }, little = true,
      item = ProtoField.uint64("mssmb2hash.filedataoffset", "FileDataOffset", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Where the part of the content begins that Buffer describes."),
    },
    { name = "FileDataLength", form = "integer", extent = { bytes = 8 }, little = true,
      item = ProtoField.uint64("mssmb2hash.filedatalength", "FileDataLength", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of that part in bytes."),
    },
    { name = "BufferLength", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.bufferlength", "BufferLength", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of Buffer in bytes."),
      comparisons = {
        { id = "SMB2-2.2.32.4.3-BufferLength", check = "agreement" },
      },
    },
    { name = "Reserved", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.reserved", "Reserved", base.DEC,
        nil, nil, "Ignored by the receiver."),
      rules = {
        { id = "SMB2-2.2.32.4.3-Reserved", check = "one_of", 0 },
      },
    },
    { name = "Buffer", form = "structure", of = "MS-SMB2 2.2.32.4 Buffer",
    },
  },
}

layouts["MS-SMB2 2.2.32.4 Buffer"] = {
  name = "Buffer", section = "MS-SMB2 2.2.32.4", proto = mssmb2hash,
  item = ProtoField.none("mssmb2hash.buffer", "Buffer", base.NONE, "MS-SMB2 2.2.32.4"),
  fields = {
    { name = "HASH_HEADER", form = "structure", of = "MS-SMB2 2.2.32.4.1 HASH_HEADER", optional = true, part = "HASH_HEADER",
    },
    { name = "Gap", form = "bytes", extent = { to_end = true }, optional = true, part = "Gap",
      item = ProtoField.bytes("mssmb2hash.buffer.gap", "Gap", base.NONE, "Bytes before HashBlobOffset, mostly none."),
    },
    { name = "CONTENT_INFORMATION_V1", form = "structure", of = "MS-PCCRC 2.3 CONTENT_INFORMATION_V1", optional = true, part = "CONTENT_INFORMATION_V1",
    },
    { name = "CONTENT_INFORMATION_V2", form = "structure", of = "MS-PCCRC 2.4 CONTENT_INFORMATION_V2", optional = true, part = "CONTENT_INFORMATION_V2",
    },
    { name = "ContentInformationPart", form = "bytes", extent = { to_end = true }, optional = true, secret = true, part = "ContentInformationPart",
      item = ProtoField.bytes("mssmb2hash.buffer.contentinformationpart", "ContentInformationPart", base.NONE, "A part of Content Information, to be joined with those of other responses."),
    },
    { name = "Trailing", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mssmb2hash.buffer.trailing", "Trailing", base.NONE, "Bytes after the Content Information."),
      rules = {
        { id = "SMB2-2.2.32.4.1-Trailing", check = "absent" },
      },
    },
  },
}

layouts["MS-SMB2 2.2.32.4.1 HASH_HEADER"] = {
  name = "HASH_HEADER", section = "MS-SMB2 2.2.32.4.1", proto = mssmb2hash,
  item = ProtoField.none("mssmb2hash.hashheader", "HASH_HEADER", base.NONE, "MS-SMB2 2.2.32.4.1"),
  truncated = { id = "SMB2-2.2.32.4.1-Truncated" },
  fields = {
    { name = "HashType", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.hashheader.hashtype", "HashType", base.DEC,
        { [1] = "SRV_HASH_TYPE_PEER_DIST" }, nil, "What the hashes are for."),
      rules = {
        { id = "SMB2-2.2.32.4.1-HashType", check = "one_of", 1 },
      },
    },
    { name = "HashVersion", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.hashheader.hashversion", "HashVersion", base.DEC,
        { [1] = "SRV_HASH_VER_1", [2] = "SRV_HASH_VER_2" }, nil, "Version of the Content Information."),
      rules = {
        { id = "SMB2-2.2.32.4.1-HashVersion", check = "one_of", 1, 2 },
      },
      comparisons = {
        { id = "SMB2-3.3.5.15.7-HashVersion", check = "agreement" },
      },
    },
    { name = "SourceFileChangeTime", form = "integer", extent = { bytes = 8 }, little = true,
      item = ProtoField.uint64("mssmb2hash.hashheader.sourcefilechangetime", "SourceFileChangeTime", base.DEC,
        nil, nil, "When the file changed last, in units of 100 ns since 1601 (FILETIME)."),
    },
    { name = "SourceFileSize", form = "integer", extent = { bytes = 8 }, little = true,
      item = ProtoField.uint64("mssmb2hash.hashheader.sourcefilesize", "SourceFileSize", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of the file in bytes."),
    },
    { name = "HashBlobLength", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.hashheader.hashbloblength", "HashBlobLength", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of the Content Information in bytes; 0 in version 2, where it extends to the end of Buffer."),
      comparisons = {
        { id = "SMB2-2.2.32.4.1-HashBlobLength", check = "agreement" },
        { id = "SMB2-3.3.5.15.7-HashBlobLength", check = "agreement" },
      },
    },
    { name = "HashBlobOffset", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.hashheader.hashbloboffset", "HashBlobOffset", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Where the Content Information begins in the Content Information File."),
      comparisons = {
        { id = "SMB2-2.2.32.4.1-HashBlobOffset", check = "agreement" },
      },
    },
    { name = "Dirty", form = "integer", extent = { bytes = 2 }, little = true,
      item = ProtoField.uint16("mssmb2hash.hashheader.dirty", "Dirty", base.DEC,
        nil, nil, "Whether the file has changed since: then it is not sent."),
      rules = {
        { id = "SMB2-2.2.32.4.1-Dirty", check = "one_of", 0 },
      },
    },
    { name = "SourceFileNameLength", form = "integer", extent = { bytes = 2 }, little = true,
      item = ProtoField.uint16("mssmb2hash.hashheader.sourcefilenamelength", "SourceFileNameLength", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of SourceFileName in bytes."),
      comparisons = {
        { id = "SMB2-2.2.32.4.1-SourceFileNameLength", check = "agreement" },
      },
    },
    { name = "SourceFileName", form = "bytes", extent = { bytes_by = "SourceFileNameLength" },
      item = ProtoField.bytes("mssmb2hash.hashheader.sourcefilename", "SourceFileName", base.NONE, "Name of the file in UTF-16LE, without terminator; Windows ignores it."),
    },
  },
}

layouts["MS-SMB2 2.2.32.4.2 SRV_READ_HASH_RESPONSE"] = {
  name = "SRV_READ_HASH_RESPONSE", section = "MS-SMB2 2.2.32.4.2", proto = mssmb2hash,
  truncated = { id = "SMB2-2.2.32.4.2-Truncated" },
  fields = {
    { name = "Offset", form = "integer", extent = { bytes = 8 }, little = true,
      item = ProtoField.uint64("mssmb2hash.offset", "Offset", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Where Buffer begins in the Content Information File."),
    },
    { name = "BufferLength", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.bufferlength", "BufferLength", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of Buffer in bytes."),
      comparisons = {
        { id = "SMB2-2.2.32.4.2-BufferLength", check = "agreement" },
      },
    },
    { name = "Reserved", form = "integer", extent = { bytes = 4 }, little = true,
      item = ProtoField.uint32("mssmb2hash.reserved", "Reserved", base.DEC,
        nil, nil, "Ignored by the receiver."),
      rules = {
        { id = "SMB2-2.2.32.4.2-Reserved", check = "one_of", 0 },
      },
    },
    { name = "Buffer", form = "structure", of = "MS-SMB2 2.2.32.4 Buffer",
    },
  },
}

layouts["MS-PCCRR 2.2.4.1 MSG_NEGO_REQ"] = {
  name = "MSG_NEGO_REQ", section = "MS-PCCRR 2.2.4.1", proto = mspccrr,
  fields = {
    { name = "MESSAGE_HEADER", form = "structure", of = "MS-PCCRR 2.2.3 MESSAGE_HEADER",
    },
    { name = "MESSAGE_BODY", form = "structure", of = "MS-PCCRR 2.2.4.1 MESSAGE_BODY",
    },
    { name = "Trailing", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mspccrr.trailing", "Trailing", base.NONE, "Bytes after the end of the message."),
      rules = {
        { id = "PCCRR-2.1.1-OneMessage", check = "absent" },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.3 MESSAGE_HEADER"] = {
  name = "MESSAGE_HEADER", section = "MS-PCCRR 2.2.3", proto = mspccrr,
  item = ProtoField.none("mspccrr.messageheader", "MESSAGE_HEADER", base.NONE, "MS-PCCRR 2.2.3"),
  truncated = { id = "PCCRR-2.2.3-Truncated" },
  fields = {
    { name = "ProtVer", form = "structure", of = "MS-PCCRR 2.2.3 ProtVer",
    },
    { name = "MsgType", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.messageheader.msgtype", "MsgType", base.DEC,
        { [0] = "MSG_NEGO_REQ", [1] = "MSG_NEGO_RESP", [2] = "MSG_GETBLKLIST", [3] = "MSG_GETBLKS", [4] = "MSG_BLKLIST", [5] = "MSG_BLK", [6] = "MSG_GETSEGLIST", [7] = "MSG_SEGLIST" }, nil, "Type of the message, which determines its body."),
      rules = {
        { id = "PCCRR-2.2.3-MsgType", check = "one_of", 0, 1, 2, 3, 4, 5, 6, 7 },
      },
      comparisons = {
        { id = "PCCRR-2.1.1-Direction", check = "agreement" },
      },
    },
    { name = "MsgSize", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.messageheader.msgsize", "MsgSize", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of the message from its ProtVer on, in bytes."),
      comparisons = {
        { id = "PCCRR-2.2.3-MsgSize", check = "agreement" },
        { id = "PCCRR-2.2.3-MsgSizeLimit", check = "agreement" },
      },
    },
    { name = "CryptoAlgoId", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.messageheader.cryptoalgoid", "CryptoAlgoId", base.DEC,
        { [0] = "no encryption", [1] = "AES-128", [2] = "AES-192", [3] = "AES-256" }, nil, "In a request the encryption that the client prefers, in MSG_BLK that of Block; otherwise without meaning."),
      rules = {
        { id = "PCCRR-2.2.3-CryptoAlgoId", check = "one_of", 0, 1, 2, 3 },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.3 ProtVer"] = {
  name = "ProtVer", section = "MS-PCCRR 2.2.3", proto = mspccrr,
  whole = true,
  item = ProtoField.none("mspccrr.protver", "ProtVer", base.NONE, "MS-PCCRR 2.2.3"),
  fields = {
    { name = "MinorVersion", form = "integer", extent = { bytes = 2 },
      item = ProtoField.uint16("mspccrr.protver.minorversion", "MinorVersion", base.DEC,
        nil, nil, "Minor version; it precedes the major version."),
      rules = {
        { id = "PCCRR-2.2.3-ProtVer", not_in = "UNKNOWN", check = "one_of", 0 },
      },
    },
    { name = "MajorVersion", form = "integer", extent = { bytes = 2 },
      item = ProtoField.uint16("mspccrr.protver.majorversion", "MajorVersion", base.DEC,
        nil, nil, "Major version: 2 in MSG_GETSEGLIST and MSG_SEGLIST, otherwise 1."),
      rules = {
        { id = "PCCRR-2.2.3-ProtVer", message = "MSG_NEGO_REQ", check = "one_of", 1 },
        { id = "PCCRR-2.2.3-ProtVer", message = "MSG_NEGO_RESP", check = "one_of", 1 },
        { id = "PCCRR-2.2.3-ProtVer", message = "MSG_GETBLKLIST", check = "one_of", 1 },
        { id = "PCCRR-2.2.3-ProtVer", message = "MSG_GETBLKS", check = "one_of", 1 },
        { id = "PCCRR-2.2.3-ProtVer", message = "MSG_BLKLIST", check = "one_of", 1 },
        { id = "PCCRR-2.2.3-ProtVer", message = "MSG_BLK", check = "one_of", 1 },
        { id = "PCCRR-2.2.3-ProtVer", message = "MSG_GETSEGLIST", check = "one_of", 2 },
        { id = "PCCRR-2.2.3-ProtVer", message = "MSG_SEGLIST", check = "one_of", 2 },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.4.1 MESSAGE_BODY"] = {
  name = "MESSAGE_BODY", section = "MS-PCCRR 2.2.4.1", proto = mspccrr,
  item = ProtoField.none("mspccrr.messagebody", "MESSAGE_BODY", base.NONE, "MS-PCCRR 2.2.4.1"),
  truncated = { id = "PCCRR-2.2.4.1-Truncated" },
  fields = {
    { name = "MinSupportedProtocolVersion", form = "structure", of = "MS-PCCRR 2.2.4.1 SupportedProtocolVersion",
      comparisons = {
        { id = "PCCRR-2.2.4.1-Range", check = "agreement" },
      },
    },
    { name = "MaxSupportedProtocolVersion", form = "structure", of = "MS-PCCRR 2.2.4.1 SupportedProtocolVersion",
    },
  },
}

layouts["MS-PCCRR 2.2.4.1 SupportedProtocolVersion"] = {
  name = "SupportedProtocolVersion", section = "MS-PCCRR 2.2.4.1", proto = mspccrr,
  whole = true,
  item = ProtoField.none("mspccrr.supportedprotocolversion", "SupportedProtocolVersion", base.NONE, "MS-PCCRR 2.2.4.1"),
  fields = {
    { name = "MinorVersion", form = "integer", extent = { bytes = 2 },
      item = ProtoField.uint16("mspccrr.supportedprotocolversion.minorversion", "MinorVersion", base.DEC,
        nil, nil, "Minor version; it precedes the major version."),
    },
    { name = "MajorVersion", form = "integer", extent = { bytes = 2 },
      item = ProtoField.uint16("mspccrr.supportedprotocolversion.majorversion", "MajorVersion", base.DEC,
        nil, nil, "Major version."),
    },
  },
}

layouts["MS-PCCRR 2.2.4.2 MSG_GETBLKLIST"] = {
  name = "MSG_GETBLKLIST", section = "MS-PCCRR 2.2.4.2", proto = mspccrr,
  fields = {
    { name = "MESSAGE_HEADER", form = "structure", of = "MS-PCCRR 2.2.3 MESSAGE_HEADER",
    },
    { name = "MESSAGE_BODY", form = "structure", of = "MS-PCCRR 2.2.4.2 MESSAGE_BODY",
    },
    { name = "Trailing", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mspccrr.trailing", "Trailing", base.NONE, "Bytes after the end of the message."),
      rules = {
        { id = "PCCRR-2.1.1-OneMessage", check = "absent" },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.4.2 MESSAGE_BODY"] = {
  name = "MESSAGE_BODY", section = "MS-PCCRR 2.2.4.2", proto = mspccrr,
  item = ProtoField.none("mspccrr.messagebody", "MESSAGE_BODY", base.NONE, "MS-PCCRR 2.2.4.2"),
  truncated = { id = "PCCRR-2.2.4.2-Truncated" },
  fields = {
    { name = "SizeOfSegmentID", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.sizeofsegmentid", "SizeOfSegmentID", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of SegmentID in bytes."),
      rules = {
        { id = "PCCRR-2.2.4.2-SizeOfSegmentID", check = "held", bytes = 1, hashes = 0, counts_bytes = true },
        { id = "PCCRR-2.2.4.2-SegmentIDLength", check = "one_of", 32, 48, 64 },
      },
    },
    { name = "SegmentID", form = "bytes", extent = { bytes_by = "SizeOfSegmentID" }, held = true,
      item = ProtoField.bytes("mspccrr.segmentid", "SegmentID", base.NONE, "HoHoDk of the segment."),
    },
    { name = "ZeroPad", form = "bytes", extent = { padding_by = "SizeOfSegmentID" }, optional = true, truncated = { id = "PCCRR-2.2-Alignment" },
      item = ProtoField.bytes("mspccrr.zeropad", "ZeroPad", base.NONE, "Padding up to a multiple of 4 bytes."),
      rules = {
        { id = "PCCRR-2.2-ZeroPad", check = "zeros" },
      },
    },
    { name = "NeededBlocksRangeCount", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.neededblocksrangecount", "NeededBlocksRangeCount", base.DEC,
        nil, nil, "Number of NeededBlockRanges."),
      rules = {
        { id = "PCCRR-2.2.4.2-NeededBlocksRangeCount", check = "held", bytes = 8, hashes = 0 },
        { id = "PCCRR-2.2.4.2-RangeCount", check = "between", 1, 256 },
      },
    },
    { name = "NeededBlockRanges", form = "list", of = "MS-PCCRR 2.2.1.1 BLOCK_RANGE", extent = { elements_by = "NeededBlocksRangeCount" },
    },
  },
}

layouts["MS-PCCRR 2.2.1.1 BLOCK_RANGE"] = {
  name = "BLOCK_RANGE", section = "MS-PCCRR 2.2.1.1", proto = mspccrr,
  item = ProtoField.none("mspccrr.blockrange", "BLOCK_RANGE", base.NONE, "MS-PCCRR 2.2.1.1"),
  fields = {
    { name = "Index", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.blockrange.index", "Index", base.DEC,
        nil, nil, "Index of the first block in the segment."),
      rules = {
        { id = "PCCRR-2.2.1.1-Index", check = "between", 0, 511 },
      },
    },
    { name = "Count", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.blockrange.count", "Count", base.DEC,
        nil, nil, "Number of blocks."),
      comparisons = {
        { id = "PCCRR-2.2.1.1-Count", check = "agreement" },
        { id = "PCCRR-2.2.4.3-OneBlock", message = "MSG_GETBLKS", check = "agreement" },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.4.3 MSG_GETBLKS"] = {
  name = "MSG_GETBLKS", section = "MS-PCCRR 2.2.4.3", proto = mspccrr,
  fields = {
    { name = "MESSAGE_HEADER", form = "structure", of = "MS-PCCRR 2.2.3 MESSAGE_HEADER",
    },
    { name = "MESSAGE_BODY", form = "structure", of = "MS-PCCRR 2.2.4.3 MESSAGE_BODY",
    },
    { name = "Trailing", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mspccrr.trailing", "Trailing", base.NONE, "Bytes after the end of the message."),
      rules = {
        { id = "PCCRR-2.1.1-OneMessage", check = "absent" },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.4.3 MESSAGE_BODY"] = {
  name = "MESSAGE_BODY", section = "MS-PCCRR 2.2.4.3", proto = mspccrr,
  item = ProtoField.none("mspccrr.messagebody", "MESSAGE_BODY", base.NONE, "MS-PCCRR 2.2.4.3"),
  truncated = { id = "PCCRR-2.2.4.3-Truncated" },
  fields = {
    { name = "SizeOfSegmentID", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.sizeofsegmentid", "SizeOfSegmentID", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of SegmentID in bytes."),
      rules = {
        { id = "PCCRR-2.2.4.3-SizeOfSegmentID", check = "held", bytes = 1, hashes = 0, counts_bytes = true },
        { id = "PCCRR-2.2.4.3-SegmentIDLength", check = "one_of", 32, 48, 64 },
      },
    },
    { name = "SegmentID", form = "bytes", extent = { bytes_by = "SizeOfSegmentID" }, held = true,
      item = ProtoField.bytes("mspccrr.segmentid", "SegmentID", base.NONE, "HoHoDk of the segment."),
    },
    { name = "ZeroPad", form = "bytes", extent = { padding_by = "SizeOfSegmentID" }, optional = true, truncated = { id = "PCCRR-2.2-Alignment" },
      item = ProtoField.bytes("mspccrr.zeropad", "ZeroPad", base.NONE, "Padding up to a multiple of 4 bytes."),
      rules = {
        { id = "PCCRR-2.2-ZeroPad", check = "zeros" },
      },
    },
    { name = "ReqBlockRangeCount", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.reqblockrangecount", "ReqBlockRangeCount", base.DEC,
        nil, nil, "Number of ReqBlockRanges."),
      rules = {
        { id = "PCCRR-2.2.4.3-ReqBlockRangeCount", check = "held", bytes = 8, hashes = 0 },
        { id = "PCCRR-2.2.4.3-RangeCount", check = "between", 1, 256 },
        { id = "PCCRR-2.2.4.3-OneBlock", check = "one_of", 1 },
      },
    },
    { name = "ReqBlockRanges", form = "list", of = "MS-PCCRR 2.2.1.1 BLOCK_RANGE", extent = { elements_by = "ReqBlockRangeCount" },
    },
    { name = "SizeOfDataForVrfBlock", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.sizeofdataforvrfblock", "SizeOfDataForVrfBlock", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of DataForVrfBlock in bytes."),
      rules = {
        { id = "PCCRR-2.2.4.3-SizeOfDataForVrfBlock", check = "held", bytes = 1, hashes = 0, counts_bytes = true },
        { id = "PCCRR-2.2.4.3-Vrf", check = "one_of", 0 },
      },
    },
    { name = "DataForVrfBlock", form = "bytes", extent = { bytes_by = "SizeOfDataForVrfBlock" }, held = true,
      item = ProtoField.bytes("mspccrr.dataforvrfblock", "DataForVrfBlock", base.NONE, "Empty."),
    },
  },
}

layouts["MS-PCCRR 2.2.4.4 MSG_GETSEGLIST"] = {
  name = "MSG_GETSEGLIST", section = "MS-PCCRR 2.2.4.4", proto = mspccrr,
  fields = {
    { name = "MESSAGE_HEADER", form = "structure", of = "MS-PCCRR 2.2.3 MESSAGE_HEADER",
    },
    { name = "MESSAGE_BODY", form = "structure", of = "MS-PCCRR 2.2.4.4 MESSAGE_BODY",
    },
    { name = "Trailing", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mspccrr.trailing", "Trailing", base.NONE, "Bytes after the end of the message."),
      rules = {
        { id = "PCCRR-2.1.1-OneMessage", check = "absent" },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.4.4 MESSAGE_BODY"] = {
  name = "MESSAGE_BODY", section = "MS-PCCRR 2.2.4.4", proto = mspccrr,
  item = ProtoField.none("mspccrr.messagebody", "MESSAGE_BODY", base.NONE, "MS-PCCRR 2.2.4.4"),
  truncated = { id = "PCCRR-2.2.4.4-Truncated" },
  fields = {
    { name = "RequestID", form = "bytes", extent = { bytes = 16 },
      item = ProtoField.bytes("mspccrr.requestid", "RequestID", base.NONE, "Opaque identifier of the request, which the response repeats."),
    },
    { name = "CountOfSegmentIDs", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.countofsegmentids", "CountOfSegmentIDs", base.DEC,
        nil, nil, "Number of SegmentIDs."),
      rules = {
        { id = "PCCRR-2.2.4.4-CountOfSegmentIDs", check = "held", bytes = 4, hashes = 0 },
        { id = "PCCRR-2.2.4.4-CountOfSegmentIDs", check = "between", 1, 4294967295 },
      },
    },
    { name = "SegmentIDs", form = "list", of = "MS-PCCRR 2.2.4.4 SegmentID", extent = { elements_by = "CountOfSegmentIDs" },
    },
    { name = "SizeOfExtensibleBlob", form = "integer", extent = { bytes = 4 }, truncated = { id = "PCCRR-2.2.4.4-Blob" },
      item = ProtoField.uint32("mspccrr.sizeofextensibleblob", "SizeOfExtensibleBlob", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of ExtensibleBlob in bytes."),
      rules = {
        { id = "PCCRR-2.2.4.4-Blob", check = "held", bytes = 1, hashes = 0, counts_bytes = true },
      },
    },
    { name = "ExtensibleBlob", form = "bytes", extent = { bytes_by = "SizeOfExtensibleBlob" }, inside = "ExtensibleBlob", held = true,
      item = ProtoField.bytes("mspccrr.extensibleblob", "ExtensibleBlob", base.NONE, "Ages of segments in the cache (MS-PCCRR 2.2.6), perhaps none."),
    },
  },
}

layouts["MS-PCCRR 2.2.4.4 SegmentID"] = {
  name = "SegmentID", section = "MS-PCCRR 2.2.4.4", proto = mspccrr,
  item = ProtoField.none("mspccrr.segmentids", "SegmentID", base.NONE, "MS-PCCRR 2.2.4.4"),
  truncated = { id = "PCCRR-2.2.4.4-Truncated" },
  fields = {
    { name = "SizeOfSegmentID", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.sizeofsegmentid", "SizeOfSegmentID", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of SegmentID in bytes."),
      rules = {
        { id = "PCCRR-2.2.4.4-SizeOfSegmentID", check = "held", bytes = 1, hashes = 0, counts_bytes = true },
        { id = "PCCRR-2.2.4.4-SegmentIDLength", check = "one_of", 32, 48, 64 },
      },
    },
    { name = "SegmentID", form = "bytes", extent = { bytes_by = "SizeOfSegmentID" }, held = true,
      item = ProtoField.bytes("mspccrr.segmentid", "SegmentID", base.NONE, "HoHoDk of the segment."),
    },
    { name = "ZeroPad", form = "bytes", extent = { padding_by = "SizeOfSegmentID" }, optional = true, truncated = { id = "PCCRR-2.2-Alignment" },
      item = ProtoField.bytes("mspccrr.zeropad", "ZeroPad", base.NONE, "Padding up to a multiple of 4 bytes."),
      rules = {
        { id = "PCCRR-2.2-ZeroPad", check = "zeros" },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.1 UNKNOWN"] = {
  name = "UNKNOWN", section = "MS-PCCRR 2.2.1", proto = mspccrr,
  fields = {
    { name = "MESSAGE_HEADER", form = "structure", of = "MS-PCCRR 2.2.3 MESSAGE_HEADER",
    },
    { name = "MESSAGE_BODY", form = "bytes", extent = { to_end = true },
      item = ProtoField.bytes("mspccrr.unknown.message_body", "MESSAGE_BODY", base.NONE, "Body of a message of unknown type."),
    },
  },
}

layouts["MS-PCCRR 2.2.5.1 MSG_NEGO_RESP"] = {
  name = "MSG_NEGO_RESP", section = "MS-PCCRR 2.2.5.1", proto = mspccrr,
  fields = {
    { name = "TRANSPORT_RESPONSE_HEADER", form = "structure", of = "MS-PCCRR 2.2.2 TRANSPORT_RESPONSE_HEADER",
    },
    { name = "MESSAGE_HEADER", form = "structure", of = "MS-PCCRR 2.2.3 MESSAGE_HEADER",
    },
    { name = "MESSAGE_BODY", form = "structure", of = "MS-PCCRR 2.2.5.1 MESSAGE_BODY",
    },
    { name = "Trailing", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mspccrr.trailing", "Trailing", base.NONE, "Bytes after the end of the message."),
      rules = {
        { id = "PCCRR-2.1.1-OneMessage", check = "absent" },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.2 TRANSPORT_RESPONSE_HEADER"] = {
  name = "TRANSPORT_RESPONSE_HEADER", section = "MS-PCCRR 2.2.2", proto = mspccrr,
  item = ProtoField.none("mspccrr.transportresponseheader", "TRANSPORT_RESPONSE_HEADER", base.NONE, "MS-PCCRR 2.2.2"),
  truncated = { id = "PCCRR-2.2.2-Truncated" },
  fields = {
    { name = "Size", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.transportresponseheader.size", "Size", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Number of bytes that follow this field."),
      comparisons = {
        { id = "PCCRR-2.2.2-Size", check = "agreement" },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.5.1 MESSAGE_BODY"] = {
  name = "MESSAGE_BODY", section = "MS-PCCRR 2.2.5.1", proto = mspccrr,
  item = ProtoField.none("mspccrr.messagebody", "MESSAGE_BODY", base.NONE, "MS-PCCRR 2.2.5.1"),
  truncated = { id = "PCCRR-2.2.5.1-Truncated" },
  fields = {
    { name = "MinSupportedProtocolVersion", form = "structure", of = "MS-PCCRR 2.2.4.1 SupportedProtocolVersion",
      comparisons = {
        { id = "PCCRR-2.2.5.1-Range", check = "agreement" },
      },
    },
    { name = "MaxSupportedProtocolVersion", form = "structure", of = "MS-PCCRR 2.2.4.1 SupportedProtocolVersion",
    },
  },
}

layouts["MS-PCCRR 2.2.5.2 MSG_BLKLIST"] = {
  name = "MSG_BLKLIST", section = "MS-PCCRR 2.2.5.2", proto = mspccrr,
  fields = {
    { name = "TRANSPORT_RESPONSE_HEADER", form = "structure", of = "MS-PCCRR 2.2.2 TRANSPORT_RESPONSE_HEADER",
    },
    { name = "MESSAGE_HEADER", form = "structure", of = "MS-PCCRR 2.2.3 MESSAGE_HEADER",
    },
    { name = "MESSAGE_BODY", form = "structure", of = "MS-PCCRR 2.2.5.2 MESSAGE_BODY",
    },
    { name = "Trailing", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mspccrr.trailing", "Trailing", base.NONE, "Bytes after the end of the message."),
      rules = {
        { id = "PCCRR-2.1.1-OneMessage", check = "absent" },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.5.2 MESSAGE_BODY"] = {
  name = "MESSAGE_BODY", section = "MS-PCCRR 2.2.5.2", proto = mspccrr,
  item = ProtoField.none("mspccrr.messagebody", "MESSAGE_BODY", base.NONE, "MS-PCCRR 2.2.5.2"),
  truncated = { id = "PCCRR-2.2.5.2-Truncated" },
  fields = {
    { name = "SizeOfSegmentId", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.sizeofsegmentid", "SizeOfSegmentId", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of SegmentId in bytes."),
      rules = {
        { id = "PCCRR-2.2.5.2-SizeOfSegmentId", check = "held", bytes = 1, hashes = 0, counts_bytes = true },
        { id = "PCCRR-2.2.5.2-SegmentIdLength", check = "one_of", 32, 48, 64 },
      },
    },
    { name = "SegmentId", form = "bytes", extent = { bytes_by = "SizeOfSegmentId" }, held = true,
      item = ProtoField.bytes("mspccrr.segmentid", "SegmentId", base.NONE, "HoHoDk of the segment."),
    },
    { name = "ZeroPad", form = "bytes", extent = { padding_by = "SizeOfSegmentId" }, optional = true, truncated = { id = "PCCRR-2.2-Alignment" },
      item = ProtoField.bytes("mspccrr.zeropad", "ZeroPad", base.NONE, "Padding up to a multiple of 4 bytes."),
      rules = {
        { id = "PCCRR-2.2-ZeroPad", check = "zeros" },
      },
    },
    { name = "BlockRangeCount", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.blockrangecount", "BlockRangeCount", base.DEC,
        nil, nil, "Number of BlockRanges."),
      rules = {
        { id = "PCCRR-2.2.5.2-BlockRangeCount", check = "held", bytes = 8, hashes = 0 },
      },
    },
    { name = "BlockRanges", form = "list", of = "MS-PCCRR 2.2.1.1 BLOCK_RANGE", extent = { elements_by = "BlockRangeCount" },
    },
    { name = "NextBlockIndex", form = "integer", extent = { bytes = 4 }, truncated = { id = "PCCRR-2.2.5.2-NextBlockIndex" },
      item = ProtoField.uint32("mspccrr.nextblockindex", "NextBlockIndex", base.DEC,
        nil, nil, "0; without meaning."),
    },
  },
}

layouts["MS-PCCRR 2.2.5.3 MSG_BLK"] = {
  name = "MSG_BLK", section = "MS-PCCRR 2.2.5.3", proto = mspccrr,
  fields = {
    { name = "TRANSPORT_RESPONSE_HEADER", form = "structure", of = "MS-PCCRR 2.2.2 TRANSPORT_RESPONSE_HEADER",
    },
    { name = "MESSAGE_HEADER", form = "structure", of = "MS-PCCRR 2.2.3 MESSAGE_HEADER",
    },
    { name = "MESSAGE_BODY", form = "structure", of = "MS-PCCRR 2.2.5.3 MESSAGE_BODY",
    },
    { name = "Trailing", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mspccrr.trailing", "Trailing", base.NONE, "Bytes after the end of the message."),
      rules = {
        { id = "PCCRR-2.1.1-OneMessage", check = "absent" },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.5.3 MESSAGE_BODY"] = {
  name = "MESSAGE_BODY", section = "MS-PCCRR 2.2.5.3", proto = mspccrr,
  read = "block",
  item = ProtoField.none("mspccrr.messagebody", "MESSAGE_BODY", base.NONE, "MS-PCCRR 2.2.5.3"),
  truncated = { id = "PCCRR-2.2.5.3-Truncated" },
  fields = {
    { name = "SizeOfSegmentId", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.sizeofsegmentid", "SizeOfSegmentId", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of SegmentId in bytes."),
      rules = {
        { id = "PCCRR-2.2.5.3-SizeOfSegmentId", check = "held", bytes = 1, hashes = 0, counts_bytes = true },
        { id = "PCCRR-2.2.5.3-SegmentIdLength", check = "one_of", 32, 48, 64 },
      },
    },
    { name = "SegmentId", form = "bytes", extent = { bytes_by = "SizeOfSegmentId" }, held = true,
      item = ProtoField.bytes("mspccrr.segmentid", "SegmentId", base.NONE, "HoHoDk of the segment."),
    },
    { name = "ZeroPad", form = "bytes", extent = { padding_by = "SizeOfSegmentId" }, optional = true, truncated = { id = "PCCRR-2.2-Alignment" },
      item = ProtoField.bytes("mspccrr.zeropad", "ZeroPad", base.NONE, "Padding up to a multiple of 4 bytes."),
      rules = {
        { id = "PCCRR-2.2-ZeroPad", check = "zeros" },
      },
    },
    { name = "BlockIndex", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.blockindex", "BlockIndex", base.DEC,
        nil, nil, "Index of the block in the segment."),
    },
    { name = "NextBlockIndex", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.nextblockindex", "NextBlockIndex", base.DEC,
        nil, nil, "Index of the next block that the server has, 0 for none."),
      comparisons = {
        { id = "PCCRR-2.2.5.3-NextBlockIndex", check = "agreement" },
      },
    },
    { name = "SizeOfBlock", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.sizeofblock", "SizeOfBlock", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of Block in bytes."),
      rules = {
        { id = "PCCRR-2.2.5.3-SizeOfBlock", check = "held", bytes = 1, hashes = 0, counts_bytes = true },
      },
      comparisons = {
        { id = "PCCRR-2.2.5.3-Block", check = "agreement" },
      },
    },
    { name = "Block", form = "bytes", extent = { bytes_by = "SizeOfBlock" }, held = true,
      item = ProtoField.bytes("mspccrr.block", "Block", base.NONE, "The block, encrypted as CryptoAlgoId says: AES in CBC mode with PKCS#7 padding, the key is the first 16, 24 or 32 bytes of the segment secret. Empty if the server does not have it, or is busy."),
    },
    { name = "ZeroPad_2", form = "bytes", extent = { padding_by = "SizeOfBlock" }, optional = true, truncated = { id = "PCCRR-2.2-Alignment" },
      item = ProtoField.bytes("mspccrr.zeropad_2", "ZeroPad_2", base.NONE, "Padding up to a multiple of 4 bytes."),
      rules = {
        { id = "PCCRR-2.2-ZeroPad", check = "zeros" },
      },
    },
    { name = "SizeOfVrfBlock", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.sizeofvrfblock", "SizeOfVrfBlock", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of VrfBlock in bytes."),
      rules = {
        { id = "PCCRR-2.2.5.3-SizeOfVrfBlock", check = "held", bytes = 1, hashes = 0, counts_bytes = true },
        { id = "PCCRR-2.2.5.3-Vrf", check = "one_of", 0 },
      },
    },
    { name = "VrfBlock", form = "bytes", extent = { bytes_by = "SizeOfVrfBlock" }, held = true,
      item = ProtoField.bytes("mspccrr.vrfblock", "VrfBlock", base.NONE, "Empty."),
    },
    { name = "ZeroPad_3", form = "bytes", extent = { padding_by = "SizeOfVrfBlock" }, optional = true, truncated = { id = "PCCRR-2.2-Alignment" },
      item = ProtoField.bytes("mspccrr.zeropad_3", "ZeroPad_3", base.NONE, "Padding up to a multiple of 4 bytes."),
      rules = {
        { id = "PCCRR-2.2-ZeroPad", check = "zeros" },
      },
    },
    { name = "SizeOfIVBlock", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.sizeofivblock", "SizeOfIVBlock", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of IVBlock in bytes."),
      rules = {
        { id = "PCCRR-2.2.5.3-SizeOfIVBlock", check = "held", bytes = 1, hashes = 0, counts_bytes = true },
      },
      comparisons = {
        { id = "PCCRR-2.2.5.3-IVBlock", check = "agreement" },
      },
    },
    { name = "IVBlock", form = "bytes", extent = { bytes_by = "SizeOfIVBlock" }, held = true,
      item = ProtoField.bytes("mspccrr.ivblock", "IVBlock", base.NONE, "Initialization vector of AES."),
    },
  },
}

layouts["MS-PCCRR 2.2.5.4 MSG_SEGLIST"] = {
  name = "MSG_SEGLIST", section = "MS-PCCRR 2.2.5.4", proto = mspccrr,
  fields = {
    { name = "TRANSPORT_RESPONSE_HEADER", form = "structure", of = "MS-PCCRR 2.2.2 TRANSPORT_RESPONSE_HEADER",
    },
    { name = "MESSAGE_HEADER", form = "structure", of = "MS-PCCRR 2.2.3 MESSAGE_HEADER",
    },
    { name = "MESSAGE_BODY", form = "structure", of = "MS-PCCRR 2.2.5.4 MESSAGE_BODY",
    },
    { name = "Trailing", form = "bytes", extent = { to_end = true }, optional = true,
      item = ProtoField.bytes("mspccrr.trailing", "Trailing", base.NONE, "Bytes after the end of the message."),
      rules = {
        { id = "PCCRR-2.1.1-OneMessage", check = "absent" },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.5.4 MESSAGE_BODY"] = {
  name = "MESSAGE_BODY", section = "MS-PCCRR 2.2.5.4", proto = mspccrr,
  item = ProtoField.none("mspccrr.messagebody", "MESSAGE_BODY", base.NONE, "MS-PCCRR 2.2.5.4"),
  truncated = { id = "PCCRR-2.2.5.4-Truncated" },
  fields = {
    { name = "RequestID", form = "bytes", extent = { bytes = 16 },
      item = ProtoField.bytes("mspccrr.requestid", "RequestID", base.NONE, "Opaque identifier of the request, which the response repeats."),
    },
    { name = "SegmentRangeCount", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.segmentrangecount", "SegmentRangeCount", base.DEC,
        nil, nil, "Number of SegmentRanges."),
      rules = {
        { id = "PCCRR-2.2.5.4-SegmentRangeCount", check = "held", bytes = 8, hashes = 0 },
      },
    },
    { name = "SegmentRanges", form = "list", of = "MS-PCCRR 2.2.1.2 SEGMENT_RANGE", extent = { elements_by = "SegmentRangeCount" },
    },
    { name = "SizeOfExtensibleBlob", form = "integer", extent = { bytes = 4 }, truncated = { id = "PCCRR-2.2.5.4-Blob" },
      item = ProtoField.uint32("mspccrr.sizeofextensibleblob", "SizeOfExtensibleBlob", base.UNIT_STRING,
        { " byte", " bytes" }, nil, "Size of ExtensibleBlob in bytes."),
      rules = {
        { id = "PCCRR-2.2.5.4-Blob", check = "held", bytes = 1, hashes = 0, counts_bytes = true },
      },
    },
    { name = "ExtensibleBlob", form = "bytes", extent = { bytes_by = "SizeOfExtensibleBlob" }, inside = "ExtensibleBlob", held = true,
      item = ProtoField.bytes("mspccrr.extensibleblob", "ExtensibleBlob", base.NONE, "Ages of segments in the cache (MS-PCCRR 2.2.6), perhaps none."),
    },
  },
}

layouts["MS-PCCRR 2.2.1.2 SEGMENT_RANGE"] = {
  name = "SEGMENT_RANGE", section = "MS-PCCRR 2.2.1.2", proto = mspccrr,
  item = ProtoField.none("mspccrr.segmentrange", "SEGMENT_RANGE", base.NONE, "MS-PCCRR 2.2.1.2"),
  fields = {
    { name = "Index", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.segmentrange.index", "Index", base.DEC,
        nil, nil, "Index of the first segment in the list of the request."),
    },
    { name = "Count", form = "integer", extent = { bytes = 4 },
      item = ProtoField.uint32("mspccrr.segmentrange.count", "Count", base.DEC,
        nil, nil, "Number of segments."),
      rules = {
        { id = "PCCRR-2.2.1.2-Count", check = "between", 1, 4294967295 },
      },
    },
  },
}

layouts["MS-PCCRR 2.2.2 UNKNOWN"] = {
  name = "UNKNOWN", section = "MS-PCCRR 2.2.2", proto = mspccrr,
  fields = {
    { name = "TRANSPORT_RESPONSE_HEADER", form = "structure", of = "MS-PCCRR 2.2.2 TRANSPORT_RESPONSE_HEADER",
    },
    { name = "MESSAGE_HEADER", form = "structure", of = "MS-PCCRR 2.2.3 MESSAGE_HEADER",
    },
    { name = "MESSAGE_BODY", form = "bytes", extent = { to_end = true },
      item = ProtoField.bytes("mspccrr.unknown.message_body", "MESSAGE_BODY", base.NONE, "Body of a message of unknown type."),
    },
  },
}

-- The messages of each kind, in the order in which their marks are looked for.
local messages = {
  request = {
    { layout = "MS-PCHC 2.2.1.3 INITIAL_OFFER_MESSAGE", at = 2, mark = "\000\001" },
    { layout = "MS-PCHC 2.2.1.4 SEGMENT_INFO_MESSAGE", at = 2, mark = "\000\002" },
    { layout = "MS-PCHC 2.2.1.5 BATCHED_OFFER_MESSAGE", at = 2, mark = "\000\003" },
    { layout = "MS-PCHC 2.2.1 UNKNOWN", at = 0, mark = "" },
  },
  response = {
    { layout = "MS-PCHC 2.2.2.2 RESPONSE_MESSAGE", at = 0, mark = "" },
  },
  content_v1 = {
    { layout = "MS-PCCRC 2.3 CONTENT_INFORMATION_V1", at = 0, mark = "" },
  },
  content_v2 = {
    { layout = "MS-PCCRC 2.4 CONTENT_INFORMATION_V2", at = 0, mark = "" },
  },
  hash_request = {
    { layout = "MS-SMB2 2.2.31.2 SRV_READ_HASH_REQUEST", at = 0, mark = "" },
  },
  hash_response = {
    { layout = "MS-SMB2 2.2.32.4.3 SRV_READ_HASH_RESPONSE", at = 0, mark = "", file_based = true },
    { layout = "MS-SMB2 2.2.32.4.2 SRV_READ_HASH_RESPONSE", at = 0, mark = "" },
  },
  retrieval_request = {
    { layout = "MS-PCCRR 2.2.4.1 MSG_NEGO_REQ", at = 4, mark = "\000\000\000\000" },
    { layout = "MS-PCCRR 2.2.4.2 MSG_GETBLKLIST", at = 4, mark = "\000\000\000\002" },
    { layout = "MS-PCCRR 2.2.4.3 MSG_GETBLKS", at = 4, mark = "\000\000\000\003" },
    { layout = "MS-PCCRR 2.2.4.4 MSG_GETSEGLIST", at = 4, mark = "\000\000\000\006" },
    { layout = "MS-PCCRR 2.2.1 UNKNOWN", at = 0, mark = "" },
  },
  retrieval_response = {
    { layout = "MS-PCCRR 2.2.5.1 MSG_NEGO_RESP", at = 8, mark = "\000\000\000\001" },
    { layout = "MS-PCCRR 2.2.5.2 MSG_BLKLIST", at = 8, mark = "\000\000\000\004" },
    { layout = "MS-PCCRR 2.2.5.3 MSG_BLK", at = 8, mark = "\000\000\000\005" },
    { layout = "MS-PCCRR 2.2.5.4 MSG_SEGLIST", at = 8, mark = "\000\000\000\007" },
    { layout = "MS-PCCRR 2.2.2 UNKNOWN", at = 0, mark = "" },
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
  ["SMB2-2.2.31.2-Truncated"] = { class = "format",
    text = "A SRV_READ_HASH request MUST have all its fields, 24 bytes; a server answers a shorter one with STATUS_BUFFER_TOO_SMALL." },
  ["SMB2-2.2.31.2-HashType"] = { class = "sender",
    text = "HashType of a SRV_READ_HASH request MUST be 1; a server answers others with STATUS_INVALID_PARAMETER." },
  ["SMB2-2.2.31.2-HashVersion"] = { class = "sender",
    text = "HashVersion of a SRV_READ_HASH request MUST be 1 or 2; a server answers others with STATUS_INVALID_PARAMETER." },
  ["SMB2-2.2.31.2-HashRetrievalType"] = { class = "sender",
    text = "HashRetrievalType of a SRV_READ_HASH request MUST be 1 (hash based) or 2 (file based); a server answers others with STATUS_INVALID_PARAMETER." },
  ["SMB2-3.3.5.15.7-HashRetrievalType"] = { class = "sender",
    text = "A SRV_READ_HASH request for version 1 MUST be hash based, one for version 2 file based; a server answers others with STATUS_INVALID_PARAMETER." },
  ["SMB2-2.2.31.2-Trailing"] = { class = "sender",
    text = "A SRV_READ_HASH request MUST end with its Offset, the 24th byte." },
  ["SMB2-2.2.32.4.3-Truncated"] = { class = "format",
    text = "A file based response MUST begin with FileDataOffset, FileDataLength, BufferLength and Reserved, 24 bytes." },
  ["SMB2-2.2.32.4.3-BufferLength"] = { class = "format",
    text = "BufferLength of a file based response MUST be the number of bytes in Buffer, to the end." },
  ["SMB2-2.2.32.4.3-Reserved"] = { class = "sender",
    text = "Reserved of a file based response MUST be 0; the receiver ignores it." },
  ["SMB2-2.2.32.4.1-Trailing"] = { class = "sender",
    text = "Buffer MUST end with the Content Information." },
  ["SMB2-2.2.32.4.1-Truncated"] = { class = "format",
    text = "HASH_HEADER MUST be complete: 36 bytes, then SourceFileName." },
  ["SMB2-2.2.32.4.1-HashType"] = { class = "format",
    text = "HashType of HASH_HEADER MUST be 1." },
  ["SMB2-2.2.32.4.1-HashVersion"] = { class = "format",
    text = "HashVersion of HASH_HEADER MUST be 1, and Content Information 1.0 follow, or 2, and Content Information 2.0 follow." },
  ["SMB2-3.3.5.15.7-HashVersion"] = { class = "sender",
    text = "A hash based response MUST have version 1, a file based one version 2." },
  ["SMB2-2.2.32.4.1-HashBlobLength"] = { class = "format",
    text = "HashBlobLength MUST be the length of the Content Information: not 0 in version 1, and no more than is there in a file based response." },
  ["SMB2-3.3.5.15.7-HashBlobLength"] = { class = "sender",
    text = "In version 2 HashBlobLength MUST be 0: the Content Information extends to the end of Buffer." },
  ["SMB2-2.2.32.4.1-HashBlobOffset"] = { class = "format",
    text = "HashBlobOffset MUST be where the Content Information begins in the file: behind HASH_HEADER, and in Buffer." },
  ["SMB2-2.2.32.4.1-Dirty"] = { class = "sender",
    text = "Dirty MUST be 0 in what a server sends: otherwise it fails with STATUS_HASH_NOT_PRESENT." },
  ["SMB2-2.2.32.4.1-SourceFileNameLength"] = { class = "format",
    text = "SourceFileNameLength MUST be the length of SourceFileName, all of which MUST be there." },
  ["SMB2-2.2.32.4.2-Truncated"] = { class = "format",
    text = "A hash based response MUST begin with Offset, BufferLength and Reserved, 16 bytes." },
  ["SMB2-2.2.32.4.2-BufferLength"] = { class = "format",
    text = "BufferLength of a hash based response MUST be the number of bytes in Buffer, to the end." },
  ["SMB2-2.2.32.4.2-Reserved"] = { class = "sender",
    text = "Reserved of a hash based response MUST be 0; the receiver ignores it." },
  ["PCCRR-2.1.1-OneMessage"] = { class = "format",
    text = "The body of an HTTP request or response MUST hold one message, and nothing after it." },
  ["PCCRR-2.2.3-Truncated"] = { class = "format",
    text = "MESSAGE_HEADER MUST be complete: 16 bytes." },
  ["PCCRR-2.2.3-MsgType"] = { class = "format",
    text = "MsgType MUST be 0 to 7." },
  ["PCCRR-2.1.1-Direction"] = { class = "format",
    text = "MsgType MUST be 0, 2, 3 or 6 in a request, and 1, 4, 5 or 7 in a response." },
  ["PCCRR-2.2.3-MsgSize"] = { class = "format",
    text = "MsgSize MUST be the length of the message, without the Size of a response." },
  ["PCCRR-2.2.3-MsgSizeLimit"] = { class = "format",
    text = "MsgSize of a request MUST be at most 96 KiB." },
  ["PCCRR-2.2.3-CryptoAlgoId"] = { class = "format",
    text = "CryptoAlgoId MUST be 0 (none), 1 (AES-128), 2 (AES-192) or 3 (AES-256)." },
  ["PCCRR-2.2.3-ProtVer"] = { class = "sender",
    text = "ProtVer MUST be 2.0 in MSG_GETSEGLIST and MSG_SEGLIST, and 1.0 in all other messages." },
  ["PCCRR-2.2.4.1-Truncated"] = { class = "format",
    text = "MSG_NEGO_REQ MUST have its two versions." },
  ["PCCRR-2.2.4.1-Range"] = { class = "sender",
    text = "The lowest version of a MSG_NEGO_REQ MUST NOT be above its highest." },
  ["PCCRR-2.2.4.2-Truncated"] = { class = "format",
    text = "MSG_GETBLKLIST MUST have all its fields." },
  ["PCCRR-2.2.4.2-SizeOfSegmentID"] = { class = "format",
    text = "SizeOfSegmentID of MSG_GETBLKLIST MUST be no more than the bytes that follow." },
  ["PCCRR-2.2.4.2-SegmentIDLength"] = { class = "sender",
    text = "SegmentID of MSG_GETBLKLIST SHOULD have 32, 48 or 64 bytes, as the hash functions have them." },
  ["PCCRR-2.2-Alignment"] = { class = "format",
    text = "A byte string that is followed by another field MUST be padded up to a multiple of 4 bytes." },
  ["PCCRR-2.2-ZeroPad"] = { class = "sender",
    text = "Padding MUST be zero." },
  ["PCCRR-2.2.4.2-NeededBlocksRangeCount"] = { class = "format",
    text = "NeededBlocksRangeCount MUST be no more than the ranges that follow." },
  ["PCCRR-2.2.4.2-RangeCount"] = { class = "sender",
    text = "A MSG_GETBLKLIST MUST have 1 to 256 ranges." },
  ["PCCRR-2.2.1.1-Index"] = { class = "sender",
    text = "Index of a BLOCK_RANGE MUST be 0 to 511." },
  ["PCCRR-2.2.1.1-Count"] = { class = "sender",
    text = "Count of a BLOCK_RANGE MUST be 1 to 512-Index." },
  ["PCCRR-2.2.4.3-OneBlock"] = { class = "sender",
    text = "A MSG_GETBLKS MUST ask for one block: one range of one." },
  ["PCCRR-2.2.4.3-Truncated"] = { class = "format",
    text = "MSG_GETBLKS MUST have all its fields." },
  ["PCCRR-2.2.4.3-SizeOfSegmentID"] = { class = "format",
    text = "SizeOfSegmentID of MSG_GETBLKS MUST be no more than the bytes that follow." },
  ["PCCRR-2.2.4.3-SegmentIDLength"] = { class = "sender",
    text = "SegmentID of MSG_GETBLKS SHOULD have 32, 48 or 64 bytes, as the hash functions have them." },
  ["PCCRR-2.2.4.3-ReqBlockRangeCount"] = { class = "format",
    text = "ReqBlockRangeCount MUST be no more than the ranges that follow." },
  ["PCCRR-2.2.4.3-RangeCount"] = { class = "sender",
    text = "A MSG_GETBLKS MUST have 1 to 256 ranges." },
  ["PCCRR-2.2.4.3-SizeOfDataForVrfBlock"] = { class = "format",
    text = "SizeOfDataForVrfBlock MUST be no more than the bytes that follow." },
  ["PCCRR-2.2.4.3-Vrf"] = { class = "sender",
    text = "DataForVrfBlock SHOULD be empty." },
  ["PCCRR-2.2.4.4-Truncated"] = { class = "format",
    text = "MSG_GETSEGLIST MUST have all its fields." },
  ["PCCRR-2.2.4.4-CountOfSegmentIDs"] = { class = "format",
    text = "CountOfSegmentIDs MUST be at least 1, and no more than the bytes that follow hold." },
  ["PCCRR-2.2.4.4-Blob"] = { class = "format",
    text = "MSG_GETSEGLIST MUST have a SizeOfExtensibleBlob, no more than the bytes that follow." },
  ["PCCRR-2.2.4.4-SizeOfSegmentID"] = { class = "format",
    text = "SizeOfSegmentID of MSG_GETSEGLIST MUST be no more than the bytes that follow." },
  ["PCCRR-2.2.4.4-SegmentIDLength"] = { class = "sender",
    text = "SegmentID of MSG_GETSEGLIST SHOULD have 32, 48 or 64 bytes, as the hash functions have them." },
  ["PCCRR-2.2.2-Truncated"] = { class = "format",
    text = "A response MUST begin with a complete Size of 4 bytes." },
  ["PCCRR-2.2.2-Size"] = { class = "format",
    text = "Size MUST be the number of bytes that follow it, at most 384 KiB." },
  ["PCCRR-2.2.5.1-Truncated"] = { class = "format",
    text = "MSG_NEGO_RESP MUST have its two versions." },
  ["PCCRR-2.2.5.1-Range"] = { class = "sender",
    text = "The lowest version of a MSG_NEGO_RESP MUST NOT be above its highest." },
  ["PCCRR-2.2.5.2-Truncated"] = { class = "format",
    text = "MSG_BLKLIST MUST have all its fields." },
  ["PCCRR-2.2.5.2-SizeOfSegmentId"] = { class = "format",
    text = "SizeOfSegmentId of MSG_BLKLIST MUST be no more than the bytes that follow." },
  ["PCCRR-2.2.5.2-SegmentIdLength"] = { class = "sender",
    text = "SegmentId of MSG_BLKLIST SHOULD have 32, 48 or 64 bytes, as the hash functions have them." },
  ["PCCRR-2.2.5.2-BlockRangeCount"] = { class = "format",
    text = "BlockRangeCount MUST be no more than the ranges that follow." },
  ["PCCRR-2.2.5.2-NextBlockIndex"] = { class = "format",
    text = "MSG_BLKLIST MUST end with a NextBlockIndex." },
  ["PCCRR-2.2.5.3-Truncated"] = { class = "format",
    text = "MSG_BLK MUST have all its fields." },
  ["PCCRR-2.2.5.3-SizeOfSegmentId"] = { class = "format",
    text = "SizeOfSegmentId of MSG_BLK MUST be no more than the bytes that follow." },
  ["PCCRR-2.2.5.3-SegmentIdLength"] = { class = "sender",
    text = "SegmentId of MSG_BLK SHOULD have 32, 48 or 64 bytes, as the hash functions have them." },
  ["PCCRR-2.2.5.3-NextBlockIndex"] = { class = "sender",
    text = "NextBlockIndex of a MSG_BLK MUST be 0 or more than BlockIndex." },
  ["PCCRR-2.2.5.3-SizeOfBlock"] = { class = "format",
    text = "SizeOfBlock MUST be no more than the bytes that follow." },
  ["PCCRR-2.2.5.3-Block"] = { class = "format",
    text = "A Block that is encrypted MUST be a multiple of 16 bytes." },
  ["PCCRR-2.2.5.3-SizeOfVrfBlock"] = { class = "format",
    text = "SizeOfVrfBlock MUST be no more than the bytes that follow." },
  ["PCCRR-2.2.5.3-Vrf"] = { class = "sender",
    text = "VrfBlock SHOULD be empty." },
  ["PCCRR-2.2.5.3-SizeOfIVBlock"] = { class = "format",
    text = "SizeOfIVBlock MUST be no more than the bytes that follow." },
  ["PCCRR-2.2.5.3-IVBlock"] = { class = "format",
    text = "IVBlock MUST have 16 bytes where Block is encrypted and not empty." },
  ["PCCRR-2.2.5.4-Truncated"] = { class = "format",
    text = "MSG_SEGLIST MUST have all its fields." },
  ["PCCRR-2.2.5.4-SegmentRangeCount"] = { class = "format",
    text = "SegmentRangeCount MUST be no more than the ranges that follow." },
  ["PCCRR-2.2.5.4-Blob"] = { class = "format",
    text = "MSG_SEGLIST MUST have a SizeOfExtensibleBlob, no more than the bytes that follow." },
  ["PCCRR-2.2.1.2-Count"] = { class = "sender",
    text = "Count of a SEGMENT_RANGE MUST NOT be 0." },
  ["PCCRR-2.2.6-Truncated"] = { class = "sender",
    text = "An extensible blob MUST begin with a complete ExtensibleBlobVersion; a receiver discards one that does not, and keeps the message." },
  ["PCCRR-2.2.6-Version"] = { class = "sender",
    text = "ExtensibleBlobVersion MUST be 1; a receiver discards other blobs, and keeps the message." },
  ["PCCRR-2.2.6-Discard"] = { class = "behaviour",
    text = "A receiver MUST ignore an extensible blob that it cannot read, and process the message." },
  ["PCCRR-2.2.6.1-Truncated"] = { class = "sender",
    text = "An extensible blob MUST have SegmentAgeUnits and SegmentAgeCount; a receiver discards one that has not, and keeps the message." },
  ["PCCRR-2.2.6.1-SegmentAgeUnits"] = { class = "sender",
    text = "SegmentAgeUnits MUST be 1 to 4; a receiver discards other blobs, and keeps the message." },
  ["PCCRR-2.2.6.1-SegmentAgeCount"] = { class = "sender",
    text = "SegmentAgeCount MUST be no more than the ages that follow; a receiver discards other blobs, and keeps the message." },
  ["PCCRR-2.2.6.1-Units"] = { class = "sender",
    text = "Ages SHOULD be in hundredths of a second." },
  ["PCCRD-2.1-XML"] = { class = "format",
    text = "A message MUST be XML 1.0 with namespaces in UTF-8, one element, without a document type; this project reads up to 65507 bytes, 32 levels, 32 attributes of an element, and 64 namespace declarations in scope." },
  ["PCCRD-2.2.1-Envelope"] = { class = "format",
    text = "A message MUST be a SOAP 1.2 envelope with one wsd:Probe or one wsd:ProbeMatches, and each element at most once where it belongs." },
  ["PCCRD-2.2.1-To"] = { class = "sender",
    text = "To MUST be urn:schemas-xmlsoap-org:ws:2005:04:discovery in a Probe, and the anonymous role of WS-Addressing in a ProbeMatches." },
  ["PCCRD-2.2.1-Action"] = { class = "sender",
    text = "Action MUST be that of the message in WS-Discovery." },
  ["PCCRD-2.2.1-MessageID"] = { class = "sender",
    text = "A message MUST have a MessageID." },
  ["PCCRD-2.2.1-RelatesTo"] = { class = "sender",
    text = "A ProbeMatches MUST have RelatesTo, the MessageID of the Probe." },
  ["PCCRD-2.2.2.1-MatchBy"] = { class = "sender",
    text = "MatchBy of a Probe MUST be the matching rule of its version: strcmp0 of WS-Discovery, or PeerDistV2MatchingRule in version 2.0." },
  ["PCCRD-2.2.3.1-Types"] = { class = "format",
    text = "Types MUST be PeerDistData or PeerDistDataV2 in the namespace of MS-PCCRD." },
  ["PCCRD-2.2.3.3-Scopes"] = { class = "format",
    text = "Scopes of version 1.0 MUST be HoHoDks in hexadecimal with white space between them, at least one." },
  ["PCCRD-2.2.3.3-ScopesV2"] = { class = "format",
    text = "Scopes of version 2.0 MUST be base64: in a Probe of SegmentHashSize, a count and that many HoHoDks of that size, in a ProbeMatch of two bits for each segment of the Probe; not empty." },
  ["PCCRD-2.2.3.3-HoHoDkLength"] = { class = "sender",
    text = "A HoHoDk SHOULD have 32, 48 or 64 bytes, as the hash functions have them." },
  ["PCCRD-2.2.3.3-Availability"] = { class = "sender",
    text = "The two bits of a segment MUST NOT be 01: all blocks of a segment that is not there." },
  ["PCCRD-2.2.3.4-Address"] = { class = "sender",
    text = "Address of EndpointReference MUST be a UUID as a URI." },
  ["PCCRD-2.2.3.5-MetadataVersion"] = { class = "sender",
    text = "MetadataVersion MUST be 1 in version 1.0 and 2 in version 2.0; 2 is right in both, as later versions of Windows write it." },
  ["PCCRD-2.2.3.6-AppSequence"] = { class = "sender",
    text = "A ProbeMatches MUST have AppSequence with the numbers InstanceId and MessageNumber." },
  ["PCCRD-2.2.3.8-XAddrs"] = { class = "sender",
    text = "XAddrs MUST be host:port, at least one." },
  ["PCCRD-2.2.3.9-BlockCount"] = { class = "format",
    text = "BlockCount of version 1.0 MUST have 8 hexadecimal digits for each segment in Scopes." },
  ["PCCRD-2.2.3.9-SegmentAges"] = { class = "format",
    text = "SegmentAges of version 2.0 MUST be base64." },
}

local paths = {
  ["/c574ac30-5794-4aee-b1bb-6651c5315029"] = "pchc",
  ["/0131501b-d67f-491b-9a40-c4bf27bcb4d4"] = "pchc",
}
local retrieval_path = "/116b50eb-ece2-41ac-8429-9f9e963361b7/"

local discovery_items, discovery = {}, {}
discovery["/Envelope"] = {
  namespace = "http://www.w3.org/2003/05/soap-envelope", leaf = false, repeated = false,
}
discovery["Envelope/Header"] = {
  namespace = "http://www.w3.org/2003/05/soap-envelope", leaf = false, repeated = false,
}
discovery_items["mspccrd.to"] = ProtoField.string("mspccrd.to", "To", base.ASCII, "Where the message goes to.")
discovery["Header/To"] = {
  item = discovery_items["mspccrd.to"],
  namespace = "http://schemas.xmlsoap.org/ws/2004/08/addressing", leaf = true, repeated = false,
}
discovery_items["mspccrd.action"] = ProtoField.string("mspccrd.action", "Action", base.ASCII, "What the message is.")
discovery["Header/Action"] = {
  item = discovery_items["mspccrd.action"],
  namespace = "http://schemas.xmlsoap.org/ws/2004/08/addressing", leaf = true, repeated = false,
}
discovery_items["mspccrd.messageid"] = ProtoField.string("mspccrd.messageid", "MessageID", base.ASCII, "Identifier of the message: \"urn:uuid:\" and a UUID.")
discovery["Header/MessageID"] = {
  item = discovery_items["mspccrd.messageid"],
  namespace = "http://schemas.xmlsoap.org/ws/2004/08/addressing", leaf = true, repeated = false,
}
discovery_items["mspccrd.relatesto"] = ProtoField.string("mspccrd.relatesto", "RelatesTo", base.ASCII, "In a ProbeMatches the MessageID of the Probe that it answers.")
discovery["Header/RelatesTo"] = {
  item = discovery_items["mspccrd.relatesto"],
  namespace = "http://schemas.xmlsoap.org/ws/2004/08/addressing", leaf = true, repeated = false,
}
discovery["Header/AppSequence"] = {
  namespace = "http://schemas.xmlsoap.org/ws/2005/04/discovery", leaf = true, repeated = false,
}
discovery_items["mspccrd.instanceid"] = ProtoField.string("mspccrd.instanceid", "InstanceId", base.ASCII, "Number that grows when the peer starts again.")
discovery["AppSequence/InstanceId"] = {
  item = discovery_items["mspccrd.instanceid"],
}
discovery_items["mspccrd.messagenumber"] = ProtoField.string("mspccrd.messagenumber", "MessageNumber", base.ASCII, "Number that grows with each message.")
discovery["AppSequence/MessageNumber"] = {
  item = discovery_items["mspccrd.messagenumber"],
}
discovery["Envelope/Body"] = {
  namespace = "http://www.w3.org/2003/05/soap-envelope", leaf = false, repeated = false,
}
discovery["Body/Probe"] = {
  namespace = "http://schemas.xmlsoap.org/ws/2005/04/discovery", leaf = false, repeated = false,
  message = true,
}
discovery_items["mspccrd.types"] = ProtoField.string("mspccrd.types", "Types", base.ASCII, "Version of the protocol: PeerDistData is version 1.0, PeerDistDataV2 version 2.0, both with a prefix of the namespace of MS-PCCRD.")
discovery["Probe/Types"] = {
  item = discovery_items["mspccrd.types"],
  namespace = "http://schemas.xmlsoap.org/ws/2005/04/discovery", leaf = true, repeated = false,
}
discovery_items["mspccrd.scopes"] = ProtoField.string("mspccrd.scopes", "Scopes", base.ASCII, "The segments that are asked for: HoHoDks in upper-case hexadecimal, or in version 2.0 base64 of SegmentHashSize (2 bytes), their count (1 byte) and HoHoDks of that size.")
discovery["Probe/Scopes"] = {
  item = discovery_items["mspccrd.scopes"],
  list = true, segments = true, bits = false,
  namespace = "http://schemas.xmlsoap.org/ws/2005/04/discovery", leaf = true, repeated = false,
}
discovery_items["mspccrd.matchby"] = ProtoField.string("mspccrd.matchby", "MatchBy", base.ASCII, "Matching rule of the version.")
discovery["Scopes/MatchBy"] = {
  item = discovery_items["mspccrd.matchby"],
}
discovery["Body/ProbeMatches"] = {
  namespace = "http://schemas.xmlsoap.org/ws/2005/04/discovery", leaf = false, repeated = false,
  message = true,
}
discovery["ProbeMatches/ProbeMatch"] = {
  namespace = "http://schemas.xmlsoap.org/ws/2005/04/discovery", leaf = false, repeated = true,
}
discovery["ProbeMatch/EndpointReference"] = {
  namespace = "http://schemas.xmlsoap.org/ws/2004/08/addressing", leaf = false, repeated = false,
}
discovery_items["mspccrd.address"] = ProtoField.string("mspccrd.address", "Address", base.ASCII, "\"urn:uuid:\" and a UUID of the peer.")
discovery["EndpointReference/Address"] = {
  item = discovery_items["mspccrd.address"],
  namespace = "http://schemas.xmlsoap.org/ws/2004/08/addressing", leaf = true, repeated = false,
}
discovery["ProbeMatch/Types"] = {
  item = discovery_items["mspccrd.types"],
  namespace = "http://schemas.xmlsoap.org/ws/2005/04/discovery", leaf = true, repeated = false,
}
discovery["ProbeMatch/Scopes"] = {
  item = discovery_items["mspccrd.scopes"],
  list = true, segments = true, bits = true,
  namespace = "http://schemas.xmlsoap.org/ws/2005/04/discovery", leaf = true, repeated = false,
}
discovery_items["mspccrd.xaddrs"] = ProtoField.string("mspccrd.xaddrs", "XAddrs", base.ASCII, "Where the peer serves MS-PCCRR: host:port, IPv6 addresses in brackets.")
discovery["ProbeMatch/XAddrs"] = {
  item = discovery_items["mspccrd.xaddrs"],
  list = true, segments = false, bits = true,
  namespace = "http://schemas.xmlsoap.org/ws/2005/04/discovery", leaf = true, repeated = false,
}
discovery_items["mspccrd.metadataversion"] = ProtoField.string("mspccrd.metadataversion", "MetadataVersion", base.ASCII, "1 in version 1.0, 2 in version 2.0; later versions of Windows write 2 in both.")
discovery["ProbeMatch/MetadataVersion"] = {
  item = discovery_items["mspccrd.metadataversion"],
  namespace = "http://schemas.xmlsoap.org/ws/2005/04/discovery", leaf = true, repeated = false,
}
discovery["ProbeMatch/PeerDistData"] = {
  namespace = "http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery", leaf = false, repeated = false,
}
discovery_items["mspccrd.blockcount"] = ProtoField.string("mspccrd.blockcount", "BlockCount", base.ASCII, "Version 1.0: number of blocks of each segment in Scopes, 8 hexadecimal digits each.")
discovery["PeerDistData/BlockCount"] = {
  item = discovery_items["mspccrd.blockcount"],
  namespace = "http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery", leaf = true, repeated = false,
}
discovery_items["mspccrd.segmentages"] = ProtoField.string("mspccrd.segmentages", "SegmentAges", base.ASCII, "Version 2.0: base64 of an extensible blob (MS-PCCRR 2.2.6), perhaps none.")
discovery["PeerDistData/SegmentAges"] = {
  item = discovery_items["mspccrd.segmentages"],
  namespace = "http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery", leaf = true, repeated = false,
}
local discovery_namespace = "http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery"

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

function checks.zeros(walk, _, n) return not walk.tvb(n.from, n.length):raw():find("[^\0]") end

function checks.answer_only(walk, rule, n)
  return n.value ~= rule[1] or not walk.request or walk.request == rule[2]
end

-- is_there returns whether the bytes of so many elements are there, of as many bytes
-- each and of hashes.
local function is_there(walk, rule, n)
  local hash = rule.hashes > 0 and walk:hash_length(rule.by) or 0
  if rule.hashes > 0 and hash == 0 then return true end -- unknown hash function
  local size = rule.counts_bytes and 1 or rule.bytes + rule.hashes * hash
  return n.value * size <= walk.stop - walk.pos or walk.limited
end

checks.held = is_there

function checks.backed(walk, rule, n)
  return n.value > 0 and (not rule.counts_bytes or n.value % rule.bytes == 0) and is_there(walk, rule, n)
end

-- The rules that compare fields with others, by ID. n is the field, at is where the
-- structure around it begins, and other what is around it: see Walk:lookup.
local compare = {}

local function is_response(walk) return walk.kind == "retrieval_response" or walk.kind == "hash_response" end

compare["PCCRR-2.1.1-Direction"] = function(walk, n)
  local response = n.value == 1 or n.value == 4 or n.value == 5 or n.value == 7
  return n.value > 7 or response == is_response(walk)
end

compare["PCCRR-2.2.2-Size"] = function(walk, n)
  return n.value == walk.reported - n.from - 4 and n.value <= 393216 -- 384 KiB
end

compare["PCCRR-2.2.3-MsgSize"] = function(walk, n, at) return n.value == walk.reported - at end

compare["PCCRR-2.2.3-MsgSizeLimit"] = function(walk, n)
  return is_response(walk) or n.value <= 98304 -- 96 KiB
end

compare["PCCRR-2.2.1.1-Count"] = function(_, n, _, other)
  return n.value > 0 and other.Index.value + n.value <= 512
end

compare["PCCRR-2.2.4.3-OneBlock"] = function(_, n) return n.value == 1 end

compare["PCCRR-2.2.5.3-NextBlockIndex"] = function(_, n, _, other)
  return n.value == 0 or n.value > other.BlockIndex.value
end

compare["PCCRR-2.2.5.3-Block"] = function(walk, n)
  return not walk:encrypted() or n.value % 16 == 0
end

compare["PCCRR-2.2.5.3-IVBlock"] = function(walk, n, _, other)
  return not walk:encrypted() or other.SizeOfBlock.value == 0 or n.value == 16
end

-- Both messages of negotiation: the minimum is not above the maximum.
local function version_range(_, n, _, other)
  local low, high = n.inside, (other.MaxSupportedProtocolVersion or {}).inside
  if not (high and high.MajorVersion and low.MajorVersion) then return true end
  return low.MajorVersion.value < high.MajorVersion.value
    or low.MajorVersion.value == high.MajorVersion.value and low.MinorVersion.value <= high.MinorVersion.value
end
compare["PCCRR-2.2.4.1-Range"] = version_range
compare["PCCRR-2.2.5.1-Range"] = version_range

function checks.agreement(walk, rule, n, at, other) return compare[rule.id](walk, n, at, other) end

-- The parts of Buffer in a SRV_READ_HASH_RESPONSE: which there are depends on the
-- form of the response and on HASH_HEADER. present returns whether a part is here,
-- length how many bytes there are from here to its end.
local parts = {}

local function is_file(walk) return walk.layout.section == "MS-SMB2 2.2.32.4.3" end

-- blob returns the number of bytes from here to the end of the Content Information.
local function blob(walk)
  local left, length = walk.stop - walk.pos, walk:lookup("HashBlobLength") or 0
  return length > 0 and math.min(length, left) or left
end

local function buffer_start(walk) return walk.around[#walk.around].from end

local function gap(walk)
  local offset = walk:lookup("HashBlobOffset")
  return offset and math.min(buffer_start(walk) + offset, walk.stop) - walk.pos or 0
end

-- content returns the name of the part that the Content Information here is.
local function content(walk)
  local scope = walk.scopes[#walk.scopes]
  if scope.CONTENT_INFORMATION_V1 or scope.CONTENT_INFORMATION_V2 or scope.ContentInformationPart then
    return nil
  end
  local version, length = walk:lookup("HashVersion"), walk:lookup("HashBlobLength")
  if not scope.HASH_HEADER and is_file(walk) then return "CONTENT_INFORMATION_V2" end
  if version and length and (is_file(walk) or length <= walk.stop - walk.pos) then
    if version == 1 then return "CONTENT_INFORMATION_V1" end
    if version == 2 then return "CONTENT_INFORMATION_V2" end
  end
  return walk.pos < walk.stop and "ContentInformationPart" or nil
end

parts.HASH_HEADER = { present = function(walk)
  if not is_file(walk) then return walk:lookup("Offset") == 0 end
  return walk:lookup("FileDataOffset") == 0
    and (walk.stop - walk.pos < 2 or walk.tvb(walk.pos, 2):uint() ~= 2)
end }
parts.Gap = { present = function(walk) return gap(walk) > 0 end, length = gap }
for _, name in ipairs({ "CONTENT_INFORMATION_V1", "CONTENT_INFORMATION_V2", "ContentInformationPart" }) do
  parts[name] = { present = function(walk) return content(walk) == name end, length = blob }
end

-- BufferLength: Buffer extends to the end of the message.
local function buffer_length(walk, n, _, other)
  return not other.Reserved or n.value == walk.reported - n.from - 8
end
compare["SMB2-2.2.32.4.2-BufferLength"] = buffer_length
compare["SMB2-2.2.32.4.3-BufferLength"] = buffer_length

compare["SMB2-3.3.5.15.7-HashVersion"] = function(walk, n)
  return not (n.value == 1 and is_file(walk) or n.value == 2 and not is_file(walk))
end

-- HashBlobLength: version 1 has one, and a file based response is all there is.
compare["SMB2-2.2.32.4.1-HashBlobLength"] = function(walk, n, at, other)
  if n.value == 0 and other.HashVersion.value == 1 then return false end
  local offset = other.HashBlobOffset
  return not is_file(walk) or not other.SourceFileNameLength
    or offset.value > walk.reported - at or n.value <= walk.reported - at - offset.value
end

compare["SMB2-3.3.5.15.7-HashBlobLength"] = function(_, n, _, other)
  return n.value == 0 or other.HashVersion.value ~= 2
end

-- HashBlobOffset: behind the name, and in Buffer.
compare["SMB2-2.2.32.4.1-HashBlobOffset"] = function(walk, n, at, other)
  local name, size = other.SourceFileNameLength, walk.reported - at
  return not name or n.value <= size and (36 + name.value > size or n.value >= 36 + name.value)
end

compare["SMB2-2.2.32.4.1-SourceFileNameLength"] = function(walk, n, at)
  return 36 + n.value <= walk.reported - at
end

-- The extensible blob of MS-PCCRR 2.2.6. A receiver ignores one that is wrong, so it
-- is no structure of the message.
local inside = {}
local blob_fields = {
  version = ProtoField.uint16("mspccrr.extensibleblob.version", "ExtensibleBlobVersion"),
  units = ProtoField.uint8("mspccrr.extensibleblob.segmentageunits", "SegmentAgeUnits", base.DEC,
    { [1] = "seconds", [2] = "tenths of a second", [3] = "hundredths of a second", [4] = "milliseconds" }),
  count = ProtoField.uint8("mspccrr.extensibleblob.segmentagecount", "SegmentAgeCount"),
  index = ProtoField.uint8("mspccrr.extensibleblob.segmentindex", "SegmentIndex"),
  age = ProtoField.uint24("mspccrr.extensibleblob.segmentage", "Age"),
}

function inside.ExtensibleBlob(walk, n)
  local from, size, item = n.from, n.length, n.item
  if size == 0 then return end
  if size < 2 then return walk:report("PCCRR-2.2.6-Truncated", item, from, 1) end
  local version = walk.tvb(from, 2)
  item:add(blob_fields.version, version)
  if version:uint() ~= 1 then return walk:report("PCCRR-2.2.6-Version", item, from, 2) end
  if size < 4 then return walk:report("PCCRR-2.2.6.1-Truncated", item, from + size, 0) end
  local units, count = walk.tvb(from + 2, 1):uint(), walk.tvb(from + 3, 1):uint()
  item:add(blob_fields.units, walk.tvb(from + 2, 1))
  item:add(blob_fields.count, walk.tvb(from + 3, 1))
  if units < 1 or units > 4 then return walk:report("PCCRR-2.2.6.1-SegmentAgeUnits", item, from + 2, 1) end
  for i = 1, math.min(count, math.floor(size / 4) - 1) do
    item:add(blob_fields.index, walk.tvb(from + 4 * i, 1))
    item:add_le(blob_fields.age, walk.tvb(from + 4 * i + 1, 3))
  end
  if size < 4 + 4 * count then return walk:report("PCCRR-2.2.6.1-SegmentAgeCount", item, from + 3, 1) end
  if units ~= 3 then walk:report("PCCRR-2.2.6.1-Units", item, from + 2, 1) end
end

-- SHA-256 and SHA-512, HMAC with them, and AES in CBC mode: Wireshark gives Lua no
-- digests, and ciphers only in its newest versions. Integers of 32 bits are those of
-- the bit library, of 64 bits Wireshark's.
local sha2, hmac, decrypt = {}, nil, nil
do
  local band, bor, bxor, bnot = bit.band, bit.bor, bit.bxor, bit.bnot
  local lshift, rshift, ror, tobit = bit.lshift, bit.rshift, bit.ror, bit.tobit
  local byte, char, concat = string.byte, string.char, table.concat

  -- The bits behind the point of the roots of the first primes: of cubic roots the
  -- constants of the rounds, of square roots what hashes begin with.
  local rounds = {
    { 0x428a2f98, 0xd728ae22 }, { 0x71374491, 0x23ef65cd }, { 0xb5c0fbcf, 0xec4d3b2f }, { 0xe9b5dba5, 0x8189dbbc },
    { 0x3956c25b, 0xf348b538 }, { 0x59f111f1, 0xb605d019 }, { 0x923f82a4, 0xaf194f9b }, { 0xab1c5ed5, 0xda6d8118 },
    { 0xd807aa98, 0xa3030242 }, { 0x12835b01, 0x45706fbe }, { 0x243185be, 0x4ee4b28c }, { 0x550c7dc3, 0xd5ffb4e2 },
    { 0x72be5d74, 0xf27b896f }, { 0x80deb1fe, 0x3b1696b1 }, { 0x9bdc06a7, 0x25c71235 }, { 0xc19bf174, 0xcf692694 },
    { 0xe49b69c1, 0x9ef14ad2 }, { 0xefbe4786, 0x384f25e3 }, { 0x0fc19dc6, 0x8b8cd5b5 }, { 0x240ca1cc, 0x77ac9c65 },
    { 0x2de92c6f, 0x592b0275 }, { 0x4a7484aa, 0x6ea6e483 }, { 0x5cb0a9dc, 0xbd41fbd4 }, { 0x76f988da, 0x831153b5 },
    { 0x983e5152, 0xee66dfab }, { 0xa831c66d, 0x2db43210 }, { 0xb00327c8, 0x98fb213f }, { 0xbf597fc7, 0xbeef0ee4 },
    { 0xc6e00bf3, 0x3da88fc2 }, { 0xd5a79147, 0x930aa725 }, { 0x06ca6351, 0xe003826f }, { 0x14292967, 0x0a0e6e70 },
    { 0x27b70a85, 0x46d22ffc }, { 0x2e1b2138, 0x5c26c926 }, { 0x4d2c6dfc, 0x5ac42aed }, { 0x53380d13, 0x9d95b3df },
    { 0x650a7354, 0x8baf63de }, { 0x766a0abb, 0x3c77b2a8 }, { 0x81c2c92e, 0x47edaee6 }, { 0x92722c85, 0x1482353b },
    { 0xa2bfe8a1, 0x4cf10364 }, { 0xa81a664b, 0xbc423001 }, { 0xc24b8b70, 0xd0f89791 }, { 0xc76c51a3, 0x0654be30 },
    { 0xd192e819, 0xd6ef5218 }, { 0xd6990624, 0x5565a910 }, { 0xf40e3585, 0x5771202a }, { 0x106aa070, 0x32bbd1b8 },
    { 0x19a4c116, 0xb8d2d0c8 }, { 0x1e376c08, 0x5141ab53 }, { 0x2748774c, 0xdf8eeb99 }, { 0x34b0bcb5, 0xe19b48a8 },
    { 0x391c0cb3, 0xc5c95a63 }, { 0x4ed8aa4a, 0xe3418acb }, { 0x5b9cca4f, 0x7763e373 }, { 0x682e6ff3, 0xd6b2b8a3 },
    { 0x748f82ee, 0x5defb2fc }, { 0x78a5636f, 0x43172f60 }, { 0x84c87814, 0xa1f0ab72 }, { 0x8cc70208, 0x1a6439ec },
    { 0x90befffa, 0x23631e28 }, { 0xa4506ceb, 0xde82bde9 }, { 0xbef9a3f7, 0xb2c67915 }, { 0xc67178f2, 0xe372532b },
    { 0xca273ece, 0xea26619c }, { 0xd186b8c7, 0x21c0c207 }, { 0xeada7dd6, 0xcde0eb1e }, { 0xf57d4f7f, 0xee6ed178 },
    { 0x06f067aa, 0x72176fba }, { 0x0a637dc5, 0xa2c898a6 }, { 0x113f9804, 0xbef90dae }, { 0x1b710b35, 0x131c471b },
    { 0x28db77f5, 0x23047d84 }, { 0x32caab7b, 0x40c72493 }, { 0x3c9ebe0a, 0x15c9bebc }, { 0x431d67c4, 0x9c100d4c },
    { 0x4cc5d4be, 0xcb3e42b6 }, { 0x597f299c, 0xfc657e2a }, { 0x5fcb6fab, 0x3ad6faec }, { 0x6c44198c, 0x4a475817 },
  }
  local starts = {
    { 0x6a09e667, 0xf3bcc908 }, { 0xbb67ae85, 0x84caa73b }, { 0x3c6ef372, 0xfe94f82b }, { 0xa54ff53a, 0x5f1d36f1 },
    { 0x510e527f, 0xade682d1 }, { 0x9b05688c, 0x2b3e6c1f }, { 0x1f83d9ab, 0xfb41bd6b }, { 0x5be0cd19, 0x137e2179 },
  }
  local starts384 = {
    { 0xcbbb9d5d, 0xc1059ed8 }, { 0x629a292a, 0x367cd507 }, { 0x9159015a, 0x3070dd17 }, { 0x152fecd8, 0xf70e5939 },
    { 0x67332667, 0xffc00b31 }, { 0x8eb44a87, 0x68581511 }, { 0xdb0c2e0d, 0x64f98fa7 }, { 0x47b5481d, 0xbefa4fa4 },
  }

  -- padded returns a message with its length, in blocks of that size.
  local function padded(m, size)
    local tail = ("\0"):rep((-#m - 1 - size / 8) % size + size / 8 - 8)
    return m .. "\128" .. tail .. Struct.pack(">I4I4", math.floor(#m / 0x20000000), #m * 8 % 0x100000000)
  end

  sha2[32] = function(m)
    local k, h, w = {}, {}, {}
    for i = 1, 64 do k[i] = tobit(rounds[i][1]) end
    for i = 1, 8 do h[i] = tobit(starts[i][1]) end
    m = padded(m, 64)
    for at = 1, #m, 64 do
      for i = 1, 16 do
        local b1, b2, b3, b4 = byte(m, at + 4 * i - 4, at + 4 * i - 1)
        w[i] = bor(lshift(b1, 24), lshift(b2, 16), lshift(b3, 8), b4)
      end
      for i = 17, 64 do
        local x, y = w[i - 15], w[i - 2]
        w[i] = tobit(w[i - 16] + w[i - 7] + bxor(ror(x, 7), ror(x, 18), rshift(x, 3))
          + bxor(ror(y, 17), ror(y, 19), rshift(y, 10)))
      end
      local a, b, c, d, e, f, g, z = h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8]
      for i = 1, 64 do
        local t = z + bxor(ror(e, 6), ror(e, 11), ror(e, 25)) + bxor(g, band(e, bxor(f, g))) + k[i] + w[i]
        local u = bxor(ror(a, 2), ror(a, 13), ror(a, 22)) + bor(band(a, b), band(c, bor(a, b)))
        z, g, f, e, d, c, b, a = g, f, e, tobit(d + t), c, b, a, tobit(t + u)
      end
      for i, v in ipairs({ a, b, c, d, e, f, g, z }) do h[i] = tobit(h[i] + v) end
    end
    for i = 1, 8 do h[i] = Struct.pack(">I4", h[i] % 0x100000000) end
    return concat(h)
  end

  -- SHA-512; SHA-384 is the same but for what it begins with.
  local function sha512(m, from)
    local k, h, w = {}, {}, {}
    for i = 1, 80 do k[i] = UInt64(rounds[i][2], rounds[i][1]) end
    for i = 1, 8 do h[i] = UInt64(from[i][2], from[i][1]) end
    m = padded(m, 128)
    for at = 1, #m, 128 do
      for i = 1, 16 do
        local high, low = Struct.unpack(">I4I4", m, at + 8 * i - 8)
        w[i] = UInt64(low, high)
      end
      for i = 17, 80 do
        local x, y = w[i - 15], w[i - 2]
        w[i] = w[i - 16] + w[i - 7] + x:ror(1):bxor(x:ror(8), x:rshift(7))
          + y:ror(19):bxor(y:ror(61), y:rshift(6))
      end
      local a, b, c, d, e, f, g, z = h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8]
      for i = 1, 80 do
        local t = z + e:ror(14):bxor(e:ror(18), e:ror(41)) + g:bxor(e:band(f:bxor(g))) + k[i] + w[i]
        local u = a:ror(28):bxor(a:ror(34), a:ror(39)) + a:band(b):bor(c:band(a:bor(b)))
        z, g, f, e, d, c, b, a = g, f, e, d + t, c, b, a, t + u
      end
      for i, v in ipairs({ a, b, c, d, e, f, g, z }) do h[i] = h[i] + v end
    end
    for i = 1, 8 do h[i] = Struct.pack(">I4I4", h[i]:higher(), h[i]:lower()) end
    return concat(h)
  end
  sha2[48] = function(m) return sha512(m, starts384):sub(1, 48) end
  sha2[64] = function(m) return sha512(m, starts) end

  -- hmac returns the HMAC of a message with a hash of that many bytes.
  function hmac(hash, key, m)
    local block = hash == 32 and 64 or 128
    if #key > block then key = sha2[hash](key) end
    key = key .. ("\0"):rep(block - #key)
    local function with(pad)
      return (key:gsub(".", function(c) return char(bxor(byte(c), pad)) end))
    end
    return sha2[hash](with(0x5c) .. sha2[hash](with(0x36) .. m))
  end

  -- The tables of AES: the S-box, its inverse, and what the inverse makes of a byte in
  -- each place of a column.
  local box, inverse, columns = {}, {}, { {}, {}, {}, {} }
  do
    local function double(x) return x < 128 and 2 * x or bxor(2 * x - 256, 0x1b) end
    local power, log, x = {}, {}, 1 -- of the generator 3
    for i = 0, 254 do
      power[i], log[x] = x, i
      x = bxor(x, double(x))
    end
    local function times(a, b) return a == 0 and 0 or power[(log[a] + log[b]) % 255] end
    for i = 0, 255 do
      local v = i == 0 and 0 or power[-log[i] % 255]
      local s = bxor(v * 0x101, v * 2 * 0x101, v * 4 * 0x101, v * 8 * 0x101, v * 16 * 0x101)
      s = bxor(band(rshift(s, 8), 255), 0x63)
      box[i], inverse[s] = s, i
    end
    for i = 0, 255 do
      local v = inverse[i]
      local column = bor(lshift(times(v, 14), 24), lshift(times(v, 9), 16), lshift(times(v, 13), 8), times(v, 11))
      for place = 1, 4 do columns[place][i] = ror(column, 8 * place - 8) end
    end
  end

  -- schedule returns the round keys for decryption, words of 32 bits, last round first.
  local function schedule(key)
    local n, w, round = #key / 4, {}, 1
    local function sub(x)
      return bor(lshift(box[rshift(x, 24)], 24), lshift(box[band(rshift(x, 16), 255)], 16),
        lshift(box[band(rshift(x, 8), 255)], 8), box[band(x, 255)])
    end
    for i = 0, n - 1 do w[i] = tobit((Struct.unpack(">I4", key, 4 * i + 1))) end
    for i = n, 4 * (n + 7) - 1 do
      local x = w[i - 1]
      if i % n == 0 then
        x = bxor(sub(ror(x, 24)), lshift(round, 24))
        round = round < 128 and 2 * round or 0x1b
      elseif n > 6 and i % n == 4 then
        x = sub(x)
      end
      w[i] = bxor(w[i - n], x)
    end
    local keys, c1, c2, c3, c4 = {}, columns[1], columns[2], columns[3], columns[4]
    for r = 0, n + 6 do
      for i = 0, 3 do
        local x = w[4 * (n + 6 - r) + i]
        if r > 0 and r < n + 6 then
          x = bxor(c1[box[rshift(x, 24)]], c2[box[band(rshift(x, 16), 255)]],
            c3[box[band(rshift(x, 8), 255)]], c4[box[band(x, 255)]])
        end
        keys[#keys + 1] = x
      end
    end
    return keys
  end

  -- final returns a word of plain text: what the last round makes of a word of each
  -- column, with a round key and a word of the cipher text before.
  local function final(w, x, y, z, k, p)
    return bxor(lshift(inverse[rshift(w, 24)], 24), lshift(inverse[band(rshift(x, 16), 255)], 16),
      lshift(inverse[band(rshift(y, 8), 255)], 8), inverse[band(z, 255)], k, p) % 0x100000000
  end

  -- decrypt returns what AES in CBC mode makes of whole blocks.
  function decrypt(key, iv, text)
    local keys, out = schedule(key), {}
    local c1, c2, c3, c4, last = columns[1], columns[2], columns[3], columns[4], #keys - 3
    local unpack, pack = Struct.unpack, Struct.pack
    local p1, p2, p3, p4 = unpack(">I4I4I4I4", iv)
    for at = 1, #text, 16 do
      local n1, n2, n3, n4 = unpack(">I4I4I4I4", text, at)
      local a, b, c, d = bxor(n1, keys[1]), bxor(n2, keys[2]), bxor(n3, keys[3]), bxor(n4, keys[4])
      for r = 5, last - 1, 4 do
        a, b, c, d =
          bxor(c1[rshift(a, 24)], c2[band(rshift(d, 16), 255)], c3[band(rshift(c, 8), 255)], c4[band(b, 255)], keys[r]),
          bxor(c1[rshift(b, 24)], c2[band(rshift(a, 16), 255)], c3[band(rshift(d, 8), 255)], c4[band(c, 255)], keys[r + 1]),
          bxor(c1[rshift(c, 24)], c2[band(rshift(b, 16), 255)], c3[band(rshift(a, 8), 255)], c4[band(d, 255)], keys[r + 2]),
          bxor(c1[rshift(d, 24)], c2[band(rshift(c, 16), 255)], c3[band(rshift(b, 8), 255)], c4[band(a, 255)], keys[r + 3])
      end
      out[#out + 1] = pack(">I4I4I4I4", final(a, d, c, b, keys[last], p1), final(b, a, d, c, keys[last + 1], p2),
        final(c, b, a, d, keys[last + 2], p3), final(d, c, b, a, keys[last + 3], p4))
      p1, p2, p3, p4 = n1, n2, n3, n4
    end
    return concat(out)
  end
end

-- Blocks of MS-PCCRR are decrypted and verified with the Content Information that the
-- capture has before them. segments has what is known of each by its HoHoDk, and
-- pending the segments whose HoHoDk is not computed yet.
mspccrr.prefs.decrypt = Pref.bool("Decrypt blocks", false,
  "Whether to decrypt and verify blocks whose Content Information is in the capture before them: slow, 0.1 s to 2 s for each")

local segments, pending, seen = {}, {}, {}
function mspccrr.init() segments, pending, seen = {}, {}, {} end

local plain_field = ProtoField.bytes("mspccrr.plain", "Decrypted block", base.NONE,
  "The block, decrypted with the head of the segment secret")
local verified_field = ProtoField.bool("mspccrr.verified", "Verified", base.NONE, nil, 0,
  "Whether the hash of the block is that in the Content Information")
local state_field = ProtoField.string("mspccrr.decryption", "Decryption", base.ASCII,
  "Why a block is not decrypted or verified")
local bad_block = ProtoExpert.new("mspccrr.block.damaged", "The block is not that of the Content Information",
  expert.group.CHECKSUM, expert.severity.WARN)
mspccrr.experts = { bad_block }

local read = {} -- what is done with structures that have been read whole

-- remember keeps a segment; blocks are the hashes of its blocks by index.
local function remember(walk, segment, hash, blocks)
  local hod, secret = segment.SegmentHashOfData, segment.SegmentSecret
  local s = { hash = hash, size = segment.cbSegment.value, blocks = blocks,
    hod = walk.tvb(hod.from, hod.length):raw(), secret = walk.tvb(secret.from, secret.length):raw() }
  local key = (blocks and "1" or "2") .. s.hod .. s.secret
  if not seen[key] then
    seen[key] = s
    pending[#pending + 1] = s
  elseif blocks then
    for i, b in pairs(blocks) do seen[key].blocks[i] = b end
  end
end

-- A list of block hashes begins with the segment, or with the range's first block.
function read.content_v1(walk, content)
  if not mspccrr.prefs.decrypt then return end
  local hash = walk:hash_length("dwHashAlgo")
  for i = 0, content.segments.count - 1 do
    local segment, list, blocks = content.segments.elements[i], content.blocks.elements[i], {}
    local whole = math.ceil(segment.cbSegment.value / 65536)
    local first = i == 0 and list.cBlocks.value < whole and math.floor(content.dwOffsetInFirstSegment.value / 65536) or 0
    if first + list.cBlocks.value > whole then first = 0 end
    for j = 0, list.cBlocks.value - 1 do
      local n = list[("BlockHashes[%d]"):format(j)]
      blocks[first + j] = walk.tvb(n.from, n.length):raw()
    end
    remember(walk, segment, hash, blocks)
  end
end

function read.content_v2(walk, content)
  if not mspccrr.prefs.decrypt then return end
  for i = 0, content.chunks.count - 1 do
    local data = content.chunks.elements[i].chunkData
    for j = 0, data.count - 1 do remember(walk, data.elements[j], 64) end
  end
end

-- find returns the segment with that HoHoDk, nil if it is not known.
local function find(id)
  while not segments[id] and #pending > 0 do
    local s = table.remove(pending)
    local label = ("MS_P2P_CACHING\0"):gsub(".", "%0\0")
    segments[hmac(s.hash, s.secret, s.hod .. label):sub(1, #s.hod)] = s
  end
  return segments[id]
end

function read.block(walk, body, item)
  if not mspccrr.prefs.decrypt or body.SizeOfBlock.value == 0 then return end
  local function say(text) item:add(state_field, walk.tvb(body.Block.from, 0), text):set_generated() end
  local id, index = body.SegmentId, body.BlockIndex.value
  local segment = id.length > 0 and find(walk.tvb(id.from, id.length):raw())
  if not segment then return say("no Content Information for this segment so far") end
  local plain, key = walk.tvb(body.Block.from, body.Block.length):raw(), nil
  if walk:encrypted() then
    key = 8 + 8 * walk:lookup("CryptoAlgoId")
    if #plain % 16 ~= 0 or body.IVBlock.length ~= 16 or key > #segment.secret then
      return say("the block, IVBlock or the segment secret has the wrong length")
    end
    plain = decrypt(segment.secret:sub(1, key), walk.tvb(body.IVBlock.from, 16):raw(), plain)
  end
  local size = segment.size
  if segment.blocks then size = math.min(65536, size - 65536 * index) end
  if size <= 0 or size > #plain then return say(("the segment has no block %d of this size"):format(index)) end
  plain = plain:sub(1, size)
  local want = segment.hod
  if segment.blocks then want = segment.blocks[index] end
  if key then
    local tvb = ByteArray.new(plain, true):tvb("Decrypted block")
    item:add(plain_field, tvb()):set_generated()
  end
  if not want then return say("no hash of this block in the Content Information") end
  local good = sha2[segment.hash](plain):sub(1, #want) == want
  local shown = item:add(verified_field, walk.tvb(body.Block.from, body.Block.length), good)
  shown:set_generated()
  if not good then shown:add_proto_expert_info(bad_block) end
end

-- A walk reads one message: pos is the next byte, stop where the bytes end, and
-- scopes are the nodes read so far in the structures around pos, by name.
local Walk = {}
Walk.__index = Walk

-- lookup returns the value of the nearest integer of that name.
function Walk:lookup(name)
  for i = #self.scopes, 1, -1 do
    local n = self.scopes[i][name]
    if n and n.value then return n.value end
  end
end

function Walk:hash_length(by)
  local value = self:lookup(by)
  return value and hash_lengths[by][value]
end

-- encrypted returns whether CryptoAlgoId is one of an encryption.
function Walk:encrypted()
  local id = self:lookup("CryptoAlgoId")
  return id and 1 <= id and id <= 3
end

-- size returns the bytes of a leaf, nil if an unknown hash function decides.
function Walk:size(extent)
  if extent.bytes then return extent.bytes end
  if extent.bytes_by then return self:lookup(extent.bytes_by) end
  if extent.padding_by then return -(self:lookup(extent.padding_by) or 0) % 4 end
  if extent.hash_by then return self:hash_length(extent.hash_by) end
  return self.stop - self.pos
end

function Walk:binds(rule)
  return (not rule.message or rule.message == self.message)
    and (not rule.not_in or rule.not_in ~= self.message)
    and (not rule.when or self:lookup(rule.when) == rule.equals)
end

function Walk:report(id, tree, from, length)
  local item = tree:add(rule_field, self.tvb(from, length), id)
  item:set_generated()
  item:add_proto_expert_info(experts[rules[id].class], id .. ": " .. rules[id].text)
end

-- judge reports the first of the rules that n breaks.
function Walk:judge(list, n, at, other)
  for _, rule in ipairs(list or {}) do
    if self:binds(rule) and not checks[rule.check](self, rule, n, at, other) then
      self:report(rule.id, n.item, n.from, n.length)
      return
    end
  end
end

-- hide stands for bytes that are or may be a secret.
function Walk:hide(tree, label, length)
  tree:add(self.tvb(self.pos, 0), ("%s: hidden, %d bytes (preference mspccrc.show_secrets)"):format(label, length))
end

-- truncated shows the bytes that are left of a field. A field of a structure that is
-- whole, one field to the specification, counts as that.
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
  local around = self.around[#self.around]
  local from = layout.whole and around.from or self.pos
  local cut = field.truncated or layout.whole and self.around[#self.around - 1].layout.truncated or layout.truncated
  if cut and field.form ~= "list" and not field.held and self:binds(cut) and not self.limited then
    self:report(cut.id, tree, from, self.pos + left - from)
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

-- integer returns the value of a range of at most 8 bytes.
local function integer(range, little)
  if range:len() <= 4 then
    return little and range:le_uint() or range:uint()
  end
  return tonumber(tostring(little and range:le_uint64() or range:uint64()))
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
    n.value = integer(range, field.little)
    n.item = field.little and tree:add_le(field.item, range) or tree:add(field.item, range)
    if field.meanings and field.meanings[n.value] then
      n.item:append_text(" (" .. field.meanings[n.value] .. ")")
    end
  elseif field.secret and not mspccrc.prefs.show_secrets then
    self:hide(tree, label, size)
    n.item = tree
  else
    n.item = tree:add(field.item, range)
    if size == 0 then
      n.item:set_text(label .. ": empty")
    elseif label ~= field.name then
      n.item:set_text(label .. ": " .. range:bytes():tohex(true))
    end
    if field.tag then
      n.item:append_text(" (" .. (content_tags[range:raw()] or "Other") .. ")")
    end
  end
  self.scopes[#self.scopes][label] = n
  self.pos = self.pos + size
  self:judge(field.rules, n)
  if field.inside then inside[field.inside](self, n) end
end

-- list reads the elements of a field. Those of one with a length in bytes have
-- that many bytes, as far as they are there.
function Walk:list(field, layout, tree)
  local extent, outer = field.extent, self.stop
  local n = { item = tree, from = self.pos, length = 0, count = 0, elements = {} }
  self.scopes[#self.scopes][field.name] = n
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
      n.elements[n.count] = self:structure(layouts[field.of], label, tree, n.count)
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

-- field reads one field of a structure.
function Walk:field(field, layout, item)
  local part, outer = parts[field.part], self.stop
  if part then
    if not part.present(self) then return end
  elseif field.extent and field.extent.padding_by then
    if self:size(field.extent) == 0 then return end
  elseif field.optional and self.pos == self.stop then
    return
  end
  if part and part.length then self.stop = math.min(self.stop, self.pos + part.length(self)) end
  if field.form == "structure" then
    local n = { from = self.pos }
    n.inside, n.item = self:structure(layouts[field.of], field.name, item)
    n.length = self.pos - n.from
    self.scopes[#self.scopes][field.name] = n
  elseif field.form == "list" then
    self:list(field, layout, item)
  else
    self:leaf(field, field.extent, layout, field.name, item)
  end
  if part and part.length then self.pos, self.done = self.stop, false end
  if not self.done then self.stop = outer end
end

-- structure returns the nodes in a structure, by name, and its item.
function Walk:structure(layout, label, tree, index)
  local from = self.pos
  local item = tree
  if from < self.stop then
    item = tree:add(layout.item or layout.proto, self.tvb(from, self.stop - from))
    if label then item:set_text(label) end
  end
  local scope = {}
  self.scopes[#self.scopes + 1] = scope
  self.around[#self.around + 1] = { layout = layout, from = from }
  self:judge(layout.each, { item = item, from = from, length = 0, index = index })
  for _, field in ipairs(layout.fields) do
    if self.done then break end
    self:field(field, layout, item)
  end
  for _, field in ipairs(layout.fields) do
    local n = scope[field.name]
    if field.comparisons and n and not self.limited then
      self:judge(field.comparisons, n, from, scope)
    end
  end
  if layout.read and not self.done then read[layout.read](self, scope, item) end
  self.around[#self.around] = nil
  self.scopes[#self.scopes] = nil
  if not index and #self.scopes > 0 then -- others may need its values
    local around = self.scopes[#self.scopes]
    for name, n in pairs(scope) do
      if around[name] == nil then around[name] = n end
    end
  end
  if from < self.pos then item:set_len(self.pos - from) end
  return scope, item
end

-- What there is to register, and where messages are: in HTTP and in SMB2.

local titles = { [mspchc] = "MS-PCHC", [mspccrc] = "MS-PCCRC", [mspccrr] = "MS-PCCRR", [mssmb2hash] = "MS-SMB2" }
local fields = {
  [mspchc] = { rule_field, truncated_field, rest_field },
  [mspccrr] = { plain_field, verified_field, state_field },
}
for _, field in pairs(blob_fields) do table.insert(fields[mspccrr], field) end
for _, layout in pairs(layouts) do
  local of = fields[layout.proto] or {}
  fields[layout.proto] = of
  of[#of + 1] = layout.item
  for _, field in ipairs(layout.fields) do
    of[#of + 1] = field.item
  end
end
for proto, of in pairs(fields) do proto.fields = of end

-- is_file_based returns which form a SRV_READ_HASH_RESPONSE has: that of the request,
-- or the one whose BufferLength fits, or the one that Buffer would begin with.
local function is_file_based(tvb, request)
  if request then return request == 2 end
  local size = tvb:len()
  local hash = size >= 16 and tvb(8, 4):le_uint() == size - 16
  local file = size >= 24 and tvb(16, 4):le_uint() == size - 24
  if hash ~= file then return file end
  if size < 24 then return false end
  local buffer = tvb(24):raw()
  return buffer:sub(1, 2) == "\0\2" or buffer:sub(1, 8) == "\1\0\0\0\2\0\0\0"
end

-- dissect shows all of tvb as a message of the given kind. request is the Type or
-- HashRetrievalType of the request that a response answers, nil where it is not known.
local function dissect(kind, tvb, pinfo, tree, request)
  if tvb:len() == 0 then return 0 end
  local layout
  for _, message in ipairs(messages[kind]) do
    local mark = message.mark
    if message.at + #mark <= tvb:len() and (mark == "" or tvb(message.at, #mark):raw() == mark)
      and (not message.file_based or is_file_based(tvb, request)) then
      layout = layouts[message.layout]
      break
    end
  end
  pinfo.cols.protocol = titles[layout.proto]
  pinfo.cols.info:append(" " .. layout.name)
  setmetatable({
    tvb = tvb, pos = 0, stop = tvb:len(), limited = tvb:len() < tvb:reported_len(), reported = tvb:len(),
    kind = kind, layout = layout, message = layout.name, request = request, scopes = {}, around = {},
  }, Walk):structure(layout, nil, tree)
  return tvb:len()
end

-- The exchange of HTTP around a body.

local http_method = Field.new("http.request.method")
local http_uri = Field.new("http.request.uri")
local http_code = Field.new("http.response.code")
local http_request_in = Field.new("http.request_in")
local http_response_for = Field.new("http.response_for.uri")
local http_encoding = Field.new("http.content_encoding")
local data_field = Field.new("data.data")
local http_field = Field.new("http")

-- last returns the value of a field of the HTTP message at hand, which is the
-- last one that the frame has so far.
local function last(field)
  local all = { field() }
  return #all > 0 and all[#all].value or nil
end

-- protocol returns the protocol that has its messages at a path, "pchc" or
-- "retrieval", nil for none. Those of MS-PCCRR are also below theirs.
local function protocol(uri)
  if not uri then return nil end
  local path = uri:lower():gsub("[?#].*$", ""):gsub("^%a[%w+.-]*://[^/]*", ""):gsub("/$", "")
  return paths[path] or (path .. "/"):find(retrieval_path, 1, true) == 1 and "retrieval" or nil
end

-- requests has by frame the protocol of the request in it, and its Type, 0 where it is
-- not known or there are several.
local requests = {}
function mspchc.init() requests = {} end

-- exchange returns what kind of message an HTTP body is, nil for one of others,
-- and for a response the Type of its request where that is known.
local function exchange(tvb, pinfo)
  local code = last(http_code)
  if code then
    local request_in = last(http_request_in)
    local request = request_in and requests[request_in]
    local of = protocol(last(http_response_for)) or request and request.protocol
    if code < 200 or code > 299 or not of then return nil end
    if of == "retrieval" then return "retrieval_response" end
    return "response", request and request.type ~= 0 and request.type or nil
  end
  local of = protocol(last(http_uri))
  if last(http_method) ~= "POST" or not of then return nil end
  local kind = tvb:len() >= 4 and tvb(2, 2):uint() or 0
  local before = requests[pinfo.number]
  requests[pinfo.number] = { protocol = of, type = (before == nil or before.type == kind) and kind or 0 }
  return of == "retrieval" and "retrieval_request" or "request"
end

local function http_body(tvb, pinfo, tree)
  local kind, request = exchange(tvb, pinfo)
  return kind ~= nil and dissect(kind, tvb, pinfo, tree, request) > 0
end

-- A dissector that is called without HTTP around, or on another path, looks at the
-- first bytes.
function mspchc.dissector(tvb, pinfo, tree)
  local kind, request = exchange(tvb, pinfo)
  if kind ~= "request" and kind ~= "response" then
    local response = tvb:len() < 8 or tvb(0, 2):uint() == 0
    kind = response and "response" or "request"
  end
  return dissect(kind, tvb, pinfo, tree, request)
end

function mspccrr.dissector(tvb, pinfo, tree)
  local response = tvb:len() >= 4 and tvb(0, 4):uint() == tvb:reported_len() - 4
  return dissect(response and "retrieval_response" or "retrieval_request", tvb, pinfo, tree)
end

function mssmb2hash.dissector(tvb, pinfo, tree)
  return dissect(tvb:reported_len() == 24 and "hash_request" or "hash_response", tvb, pinfo, tree)
end

local function content(tvb, pinfo, tree)
  local second = tvb:len() > 1 and tvb(1, 1):uint()
  return dissect(second == 2 and "content_v2" or "content_v1", tvb, pinfo, tree)
end
mspccrc.dissector = content

-- Names for one direction, for other dissectors.
for name, kind in pairs({
  mspchc_request = "request", mspchc_response = "response",
  mspccrr_request = "retrieval_request", mspccrr_response = "retrieval_response",
  mssmb2hash_request = "hash_request", mssmb2hash_response = "hash_response",
}) do
  local proto = Proto(name, "MS-" .. name:sub(3):upper():gsub("_", " "))
  function proto.dissector(tvb, pinfo, tree) return dissect(kind, tvb, pinfo, tree) end
  DissectorTable.get("media_type"):add_for_decode_as(proto)
end

mspchc:register_heuristic("http", http_body)

local media_types = DissectorTable.get("media_type")
for _, proto in ipairs({ mspchc, mspccrc, mspccrr }) do
  media_types:add_for_decode_as(proto)
end

-- A body whose media type has a dissector never reaches the heuristics. The protocols
-- need no media type, but tools and servers set these, so look at the path first.
for i, media_type in ipairs({
  "application/octet-stream", "application/x-www-form-urlencoded", "text/plain", "text/html",
}) do
  local original = media_types:get_dissector(media_type)
  if original then
    local first = Proto("mspchc_media_" .. i, "BranchCache or " .. media_type)
    function first.dissector(tvb, pinfo, tree)
      if http_body(tvb, pinfo, tree) then return tvb:len() end
      return original:call(tvb, pinfo, tree)
    end
    media_types:add(media_type, first)
  end
end

-- Wireshark asks no other dissector about a body with Content-Encoding peerdist, nor
-- about the buffers of an FSCTL that it does not know. It shows their bytes, and after
-- all others this dissector shows what they mean.
local smb2_function = Field.new("smb2.ioctl.function")
local smb2_in = Field.new("smb2.ioctl.in")
local smb2_out = Field.new("smb2.ioctl.out")
local read_hash = 0x001441bb

local late = Proto("mspccrc_late", "BranchCache in HTTP bodies with Content-Encoding peerdist and in SMB2")
function late.dissector(_, pinfo, tree)
  local wanted = false
  for _, f in ipairs({ http_encoding() }) do wanted = wanted or f.value:lower() == "peerdist" end
  for _, f in ipairs({ smb2_function() }) do wanted = wanted or f.value == read_hash end
  if not wanted then return end
  local encoded, hashes = false, false -- whether that is what the message around says
  for _, f in ipairs({ all_field_infos() }) do
    if f.name == "http" then
      encoded = false
    elseif f.name == "http.content_encoding" then
      encoded = f.value:lower() == "peerdist"
    elseif f.name == "data.data" and encoded then
      content(f.range:tvb(), pinfo, tree)
      encoded = false
    elseif f.name == "smb2.ioctl.function" then
      hashes = f.value == read_hash
    elseif hashes and f.len > 0 and f.name == "smb2.ioctl.in" then
      dissect("hash_request", f.range:tvb(), pinfo, tree)
    elseif hashes and f.len > 0 and f.name == "smb2.ioctl.out" then
      dissect("hash_response", f.range:tvb(), pinfo, tree)
    end
  end
end
register_postdissector(late)

-- XML 1.0 with namespaces in UTF-8, without a document type, for the rules of MS-PCCRD: what
-- Wireshark's own dissector of XML shows has no namespaces, and tells Lua nothing.
local xml = { space = "^[ \t\r\n]*()", predefined = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" } }
local not_xml = {}

local function must(holds)
  if not holds then error(not_xml, 0) end
  return holds
end

-- character returns the character at i, if XML allows it, and where the next one begins.
function xml.character(s, i)
  local a, b, c, d = s:byte(i, i + 3)
  local function tail(x) must(x and x >= 0x80 and x < 0xC0) return x - 0x80 end
  local code, n, least = a, 1, 0
  if a >= 0xF0 then
    code, n, least = ((a - 0xF0) * 64 + tail(b)) * 4096 + tail(c) * 64 + tail(d), 4, 0x10000
  elseif a >= 0xE0 then
    code, n, least = (a - 0xE0) * 4096 + tail(b) * 64 + tail(c), 3, 0x800
  elseif a >= 0x80 then
    code, n, least = must(a >= 0xC0) and (a - 0xC0) * 64 + tail(b), 2, 0x80
  end
  must(code >= least and xml.allowed(code))
  return code, i + n
end

function xml.allowed(c)
  return c == 9 or c == 10 or c == 13 or c >= 32 and c < 0xD800 or c > 0xDFFF and c < 0xFFFE or c > 0xFFFF and c <= 0x10FFFF
end

-- name reads a name without a colon. Characters beyond ASCII are those of the fifth edition.
function xml.name(s, at)
  local ranges = { 0xC0, 0xD6, 0xD8, 0xF6, 0xF8, 0x2FF, 0x370, 0x37D, 0x37F, 0x1FFF, 0x200C, 0x200D, 0x2070, 0x218F,
    0x2C00, 0x2FEF, 0x3001, 0xD7FF, 0xF900, 0xFDCF, 0xFDF0, 0xFFFD, 0x10000, 0xEFFFF, 0xB7, 0xB7, 0x300, 0x36F, 0x203F, 0x2040 }
  local start = at
  while at <= #s do
    local c, after = s:byte(at), at + 1
    if c < 0x80 then
      if not s:find(at == start and "^[%a_]" or "^[%w_.-]", at) then break end
    else
      local found = false
      c, after = xml.character(s, at)
      for i = 1, at == start and 24 or #ranges, 2 do found = found or ranges[i] <= c and c <= ranges[i + 1] end
      if not found then break end
    end
    at = after
  end
  must(at > start)
  return s:sub(start, at - 1), at
end

-- qualified reads a name that may have a prefix.
function xml.qualified(s, at)
  local name, after = xml.name(s, at)
  if s:sub(after, after) ~= ":" then return "", name, after end
  local rest, stop = xml.name(s, after + 1)
  return name, rest, stop
end

-- utf8 returns a character that xml.allowed allows.
function xml.utf8(c)
  local n, first = c < 0x80 and 0 or c < 0x800 and 1 or c < 0x10000 and 2 or 3, { [0] = 0, 0xC0, 0xE0, 0xF0 }
  local tail = ""
  for _ = 1, n do tail, c = string.char(0x80 + c % 64) .. tail, math.floor(c / 64) end
  return string.char(first[n] + c) .. tail
end

-- resolve returns a text with its references resolved, and ends of lines as one character.
function xml.resolve(s, attribute)
  s = s:gsub("\r\n?", "\n")
  if attribute then s = s:gsub("[\t\n]", " ") end
  return (s:gsub("&([^;&]*)(;?)", function(name, stop)
    must(stop == ";")
    if xml.predefined[name] then return xml.predefined[name] end
    local hex, decimal = name:match("^#x(%x+)$"), name:match("^#(%d+)$")
    local c = must(hex or decimal) and tonumber(hex or decimal, hex and 16 or 10)
    must(c <= 0x10FFFF and xml.allowed(c))
    return xml.utf8(c)
  end))
end

-- quoted reads an equals sign and a value in quotes.
function xml.quoted(s, at)
  local quote, start = s:match("^[ \t\r\n]*=[ \t\r\n]*([\"'])()", at)
  local stop = must(quote) and must(s:find(quote, start, true))
  return s:sub(start, stop - 1), stop + 1
end

-- declaration skips the XML declaration, which need not be there.
function xml.declaration(s, at)
  local spaced = s:match("^<%?xml[ \t\r\n]+()", at)
  if not spaced then return at end
  at = spaced
  for i, name in ipairs({ "version", "encoding", "standalone" }) do
    if spaced and s:sub(at, at + #name - 1) == name then
      local value
      value, at = xml.quoted(s, at + #name)
      must(i == 1 and value == "1.0" or i == 2 and value:lower() == "utf-8" or i == 3 and (value == "yes" or value == "no"))
      local after = s:match(xml.space, at)
      spaced, at = after > at, after
    else
      must(i > 1)
    end
  end
  must(s:sub(at, at + 1) == "?>")
  return at + 2
end

-- namespace returns that of a prefix in e.
function xml.namespace(e, prefix)
  local around = e
  while around do
    if around.bindings[prefix] then return around.bindings[prefix] end
    around = around.parent
  end
  if prefix == "xml" then return "http://www.w3.org/XML/1998/namespace" end
  return prefix == "" and "" or nil
end

function xml.declare(e, prefix, uri)
  must(prefix ~= "xmlns" and uri ~= "http://www.w3.org/2000/xmlns/" and not e.bindings[prefix]
    and (prefix == "xml") == (uri == "http://www.w3.org/XML/1998/namespace") and (prefix == "" or uri ~= ""))
  e.bindings[prefix], e.bound = uri, e.bound + 1
  must(e.bound <= 64)
end

-- start reads a start tag in an element.
function xml.start(s, from, parent)
  local e = { parent = parent, from = from, bindings = {}, attributes = {}, children = {}, text = "",
    bound = parent and parent.bound or 0, depth = parent and parent.depth + 1 or 1 }
  must(e.depth <= 32)
  local prefix, local_name, at = xml.qualified(s, from + 1)
  e.prefix, e.name, e.written = prefix, local_name, s:sub(from + 1, at - 1)
  local n = 0
  while true do
    local after = s:match(xml.space, at)
    local stop = s:match("^/?>()", after)
    if stop then
      e.at, e.empty = stop, s:sub(after, after) == "/"
      break
    end
    must(after > at)
    local of, name, value
    of, name, at = xml.qualified(s, after)
    value, at = xml.quoted(s, at)
    must(not value:find("<", 1, true))
    value, n = xml.resolve(value, true), n + 1
    must(n <= 32)
    if of == "xmlns" or of == "" and name == "xmlns" then
      xml.declare(e, of == "xmlns" and name or "", value)
    else
      e.attributes[#e.attributes + 1] = { prefix = of, name = name, value = value }
    end
  end
  e.uri = must(xml.namespace(e, prefix))
  local seen = {}
  for _, a in ipairs(e.attributes) do
    local name = must(xml.namespace(e, a.prefix)) .. " " .. a.name
    if a.prefix == "" then name = a.name end
    must(not seen[name])
    seen[name] = true
  end
  return e
end

-- read returns the root element, or raises not_xml.
function xml.read(s)
  must(#s <= 65507)
  local at, root, open = s:sub(1, 3) == "\239\187\191" and 4 or 1, nil, nil
  if s:find("[^\t\r\n -\126]", at) then
    local i = at
    while i <= #s do
      local _, after = xml.character(s, i)
      i = after
    end
  end
  at = xml.declaration(s, at)
  while at <= #s do
    local from, two = at, s:sub(at, at + 1)
    if two == "</" then
      local _, _, after = xml.qualified(s, at + 2)
      must(open and s:sub(at + 2, after - 1) == open.written)
      at = must(s:match("^[ \t\r\n]*>()", after))
      open.closing, open = from, open.parent
    elseif s:sub(at, at + 3) == "<!--" then
      local _, stop = s:find("--", at + 4, true)
      must(stop and s:sub(stop + 1, stop + 1) == ">")
      at = stop + 2
    elseif s:sub(at, at + 8) == "<![CDATA[" then
      local first, stop = s:find("]]>", at + 9, true)
      must(open and first)
      open.text, at = open.text .. s:sub(at + 9, first - 1):gsub("\r\n?", "\n"), stop + 1
    elseif two == "<?" then
      local target, after = xml.name(s, at + 2)
      local first, stop = s:find("?>", after, true)
      must(first and target:lower() ~= "xml" and (first == after or s:find("^[ \t\r\n]", after)))
      at = stop + 1
    elseif two:sub(1, 1) == "<" then
      must(open or not root)
      local e = xml.start(s, at, open)
      if open then open.children[#open.children + 1] = e else root = e end
      at = e.at
      if e.empty then e.closing = at else open = e end
    else
      local text = s:match("^[^<]+", at)
      at = at + #text
      if open then
        must(not text:find("]]>", 1, true))
        open.text = open.text .. xml.resolve(text)
      else
        must(not text:find("[^ \t\r\n]"))
      end
    end
  end
  must(root and not open)
  return root
end

-- parse returns the root element, nil if s is not well formed, or beyond the limits of
-- PCCRD-2.1-XML.
function xml.parse(s)
  local ok, root = pcall(xml.read, s)
  if not ok and root ~= not_xml then error(root, 0) end
  return ok and root or nil
end

-- value returns the text of an element without white space around it.
function xml.value(e) return e.text:match("^[ \t\r\n]*(.-)[ \t\r\n]*$") end

-- The rules of MS-PCCRD. judge_discovery(s, report) calls report with the ID of each rule that
-- a message violates, and where the element is, or should be: bytes from 1.
local pccrd = { anonymous = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous",
  discovery = "http://schemas.xmlsoap.org/ws/2005/04/discovery", probe_to = "urn:schemas-xmlsoap-org:ws:2005:04:discovery",
  rule2 = "http://schemas.microsoft.com/p2p/2010/05/PeerDistV2MatchingRule" }

-- row returns the row of the tables for an element in one of that name.
function pccrd.row(inside, e)
  local row = discovery[inside .. "/" .. e.name]
  return row and row.namespace == e.uri and row or nil
end

function pccrd.find(e, path)
  for name in path:gmatch("[^.]+") do
    local found
    for _, c in ipairs(e and e.children or {}) do
      if not found and c.name == name and pccrd.row(e.name, c) then found = c end
    end
    e = found
  end
  return e
end

function pccrd.value(e, path)
  local found = pccrd.find(e, path)
  return found and xml.value(found) or nil
end

function pccrd.attribute(e, name)
  for _, a in ipairs(e and e.attributes or {}) do
    if a.prefix == "" and a.name == name then return a.value:match("^[ \t\r\n]*(.-)[ \t\r\n]*$") end
  end
end

function pccrd.words(e)
  local all = {}
  for word in (e and e.text or ""):gmatch("[^ \t\r\n]+") do all[#all + 1] = word end
  return all
end

-- number returns a number of so many bits, nil if it is none.
function pccrd.number(s, bits)
  local digits = s and s:match("^0*(%d+)$")
  local n = digits and #digits <= 10 and tonumber(digits)
  return n and n < 2 ^ bits and n or nil
end

-- base64 returns what an element has in base64, nil if it is none.
function pccrd.base64(e)
  if not e then return nil end
  local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  local s, out = table.concat(pccrd.words(e)), {}
  if #s % 4 ~= 0 or s:find("=[^=]") or s:find("===", 1, true) or s:find("[^%w+/=]") then return nil end
  for four in s:gmatch("....") do
    local v, pads = 0, select(2, four:gsub("=", ""))
    for i = 1, 4 do v = v * 64 + (alphabet:find(four:sub(i, i), 1, true) or 1) - 1 end
    if v % 256 ^ pads ~= 0 then return nil end
    out[#out + 1] = string.char(math.floor(v / 65536), math.floor(v / 256) % 256, v % 256):sub(1, 3 - pads)
  end
  return table.concat(out)
end

-- hexadecimal returns the lengths of the HoHoDks of version 1.0, nil if they are wrong.
function pccrd.hexadecimal(e)
  local lengths = {}
  for _, word in ipairs(pccrd.words(e)) do
    if #word % 2 == 1 or word:find("[^%x]") then return nil end
    lengths[#lengths + 1] = #word / 2
  end
  return #lengths > 0 and lengths or nil
end

-- version returns that which Types says, nil if it is wrong.
function pccrd.version(e)
  local types = pccrd.find(e, "Types")
  local prefix, name = (types and xml.value(types) or ""):match("^([^:]+):(.*)$")
  if not prefix then prefix, name = "", types and xml.value(types) end
  if not types or xml.namespace(types, prefix) ~= discovery_namespace then return nil end
  return name == "PeerDistData" and 1 or name == "PeerDistDataV2" and 2 or nil
end

-- blob returns the rule of the extensible blob (MS-PCCRR 2.2.6) that b violates.
function pccrd.blob(b)
  local units, count = b:byte(3, 4)
  if #b == 0 then return nil end
  if #b == 1 then return "PCCRR-2.2.6-Truncated" end
  if b:sub(1, 2) ~= "\0\1" then return "PCCRR-2.2.6-Version" end
  if #b < 4 then return "PCCRR-2.2.6.1-Truncated" end
  if units == 0 or units > 4 then return "PCCRR-2.2.6.1-SegmentAgeUnits" end
  if #b < 4 + 4 * count then return "PCCRR-2.2.6.1-SegmentAgeCount" end
  return units ~= 3 and "PCCRR-2.2.6.1-Units" or nil
end

-- host_port returns whether s is a host and a port, without a scheme or a path.
function pccrd.host_port(s)
  local host, port = s:match("^(.+):(%d+)$")
  port = pccrd.number(port, 16)
  if not host or not port or port == 0 or s:find("[/?#@]") then return false end
  return not host:find(":", 1, true) or host:find("^%[.*%]$") ~= nil
end

-- envelope reports elements that are missing, there twice, or where they do not belong. It
-- returns the Probe or ProbeMatches.
function pccrd.envelope(root, length, fault)
  local messages = {}
  local function look(e, row)
    local seen = {}
    for _, c in ipairs(e.children) do
      local known = pccrd.row(e.name, c)
      if row.leaf then
        fault(c.from)
      elseif not known then
        if e.name == "Body" then fault(c.from) end
      else
        if e.name == "Body" and #messages > 0 or not known.repeated and seen[c.name] then fault(c.from) end
        seen[c.name] = true
        if e.name == "Body" then messages[#messages + 1] = c end
        look(c, known)
      end
    end
    if e.name == "ProbeMatches" and not seen.ProbeMatch then fault(e.closing) end
  end
  local row = pccrd.row("", root)
  if row then look(root, row) else fault(root.from) end
  if #messages == 0 then fault(length + 1) end
  return messages[1]
end

local function judge_discovery(s, report)
  local root = xml.parse(s)
  if not root then return report("PCCRD-2.1-XML", 1) end
  local malformed = false
  local message = pccrd.envelope(root, #s, function(at)
    malformed = true
    report("PCCRD-2.2.1-Envelope", at)
  end)
  if not message or message ~= pccrd.find(root, "Body." .. message.name) then return end
  -- check reports a rule at an element, or where it should be.
  local function check(ok, rule, e, path)
    local found = pccrd.find(e, path)
    if not ok then report(rule, found and found.from or e.closing) end
  end
  local function format(ok, ...) check(ok or malformed, ...) end

  local probe, header = message.name == "Probe", pccrd.find(root, "Header")
  local around = header or root
  check(pccrd.value(header, "To") == (probe and pccrd.probe_to or pccrd.anonymous), "PCCRD-2.2.1-To", around, "To")
  check(pccrd.value(header, "Action") == pccrd.discovery .. "/" .. message.name, "PCCRD-2.2.1-Action", around, "Action")
  check((pccrd.value(header, "MessageID") or "") ~= "", "PCCRD-2.2.1-MessageID", around, "MessageID")
  if not probe then
    local sequence = pccrd.find(header, "AppSequence")
    check((pccrd.value(header, "RelatesTo") or "") ~= "", "PCCRD-2.2.1-RelatesTo", around, "RelatesTo")
    check(pccrd.number(pccrd.attribute(sequence, "InstanceId"), 32) and pccrd.number(pccrd.attribute(sequence, "MessageNumber"), 32),
      "PCCRD-2.2.3.6-AppSequence", around, "AppSequence")
  end

  local function lengths(e, all)
    for _, n in ipairs(all or {}) do
      if n ~= 32 and n ~= 48 and n ~= 64 then return check(false, "PCCRD-2.2.3.3-HoHoDkLength", e, "Scopes") end
    end
  end
  local function part(e)
    if not probe then
      local address, all = pccrd.value(e, "EndpointReference.Address") or "", pccrd.words(pccrd.find(e, "XAddrs"))
      check(address:find("^urn:uuid:") or address:find("^uuid:"), "PCCRD-2.2.3.4-Address", e, "EndpointReference.Address")
      local right = #all > 0
      for _, word in ipairs(all) do right = right and pccrd.host_port(word) end
      check(right, "PCCRD-2.2.3.8-XAddrs", e, "XAddrs")
    end
    local version, scopes = pccrd.version(e), pccrd.find(e, "Scopes")
    if not version then return format(false, "PCCRD-2.2.3.1-Types", e, "Types") end
    if probe then
      check(pccrd.attribute(scopes, "MatchBy") == (version == 1 and pccrd.discovery .. "/strcmp0" or pccrd.rule2), "PCCRD-2.2.2.1-MatchBy", e, "Scopes")
    else
      local n = pccrd.number(pccrd.value(e, "MetadataVersion"), 32)
      check(n == 2 or n == 1 and version == 1, "PCCRD-2.2.3.5-MetadataVersion", e, "MetadataVersion")
    end
    if version == 1 then
      local all = pccrd.hexadecimal(scopes)
      format(all, "PCCRD-2.2.3.3-Scopes", e, "Scopes")
      lengths(e, all)
      if probe then return end
      local digits = pccrd.value(e, "PeerDistData.BlockCount")
      return format(digits and not digits:find("[^%x]") and (all and #digits == 8 * #all or not all and #digits % 8 == 0),
        "PCCRD-2.2.3.9-BlockCount", e, "PeerDistData.BlockCount")
    end
    local b = pccrd.base64(scopes)
    if probe then
      local size, n = 0, 0
      if b and #b > 3 then size, n = b:byte(1) * 256 + b:byte(2), b:byte(3) end
      local right = size * n > 0 and #b == 3 + size * n
      format(right, "PCCRD-2.2.3.3-ScopesV2", e, "Scopes")
      return lengths(e, right and { size } or nil)
    end
    format(b and #b > 0, "PCCRD-2.2.3.3-ScopesV2", e, "Scopes")
    for i = 1, #(b or "") do
      local v = b:byte(i)
      if v % 4 == 1 or v % 16 >= 4 and v % 16 < 8 or v % 64 >= 16 and v % 64 < 32 or v >= 64 and v < 128 then
        check(false, "PCCRD-2.2.3.3-Availability", e, "Scopes")
        break
      end
    end
    local ages = pccrd.find(e, "PeerDistData.SegmentAges")
    if not ages then return end
    local bytes = pccrd.base64(ages)
    format(bytes, "PCCRD-2.2.3.9-SegmentAges", e, "PeerDistData.SegmentAges")
    local rule = pccrd.blob(bytes or "")
    if rule then report(rule, ages.from) end
  end
  if probe then return part(message) end
  for _, c in ipairs(message.children) do
    if pccrd.row("ProbeMatches", c) then part(c) end
  end
end

-- Discovery, MS-PCCRD: XML in UDP datagrams of port 3702, which other protocols use too.
-- Tags are looked for as far as they go, and the prefixes of elements are not resolved: only
-- the rules are about what is well formed.

local mspccrd = Proto("mspccrd", "BranchCache Discovery Protocol (MS-PCCRD)")
local discovery_fields = {
  ProtoField.string("mspccrd.segmentid", "SegmentID", base.ASCII, "HoHoDk in Scopes, hexadecimal"),
}
for _, item in pairs(discovery_items) do discovery_fields[#discovery_fields + 1] = item end

-- segments shows the HoHoDks of a Probe as MS-PCCRR has them: a word of hexadecimal digits, or in
-- version 2.0 base64 of their size, their number and themselves.
local function segments(item, tvb, word, version2)
  local ids = {}
  if not version2 then
    ids[1] = #word % 2 == 0 and not word:find("%X") and ByteArray.new(word) or nil
  elseif not word:find("[^%w+/=]") then
    local all = ByteArray.new(word, true):base64_decode():raw()
    local size = #all > 3 and 256 * all:byte(1) + all:byte(2) or 0
    for i = 4, size > 0 and #all - size + 1 or 0, math.max(size, 1) do ids[#ids + 1] = ByteArray.new(all:sub(i, i + size - 1), true) end
  end
  for _, id in ipairs(ids) do
    item:add(discovery_fields[1], tvb, id:tohex(true)):set_generated()
  end
end

-- text shows what is in an element: a value, or words with white space between them.
local function text(row, item, tvb, s, from, to, version2)
  if not row.list then
    local first, last = s:sub(from, to):match("^%s*().-()%s*$")
    item:add(row.item, tvb(from + first - 2, last - first))
    return
  end
  for start, word in s:sub(from, to):gmatch("()(%S+)") do
    local range = tvb(from + start - 2, #word)
    local shown = item:add(row.item, range)
    if row.segments and not (version2 and row.bits) then segments(shown, range, word, version2) end
  end
end

function mspccrd.dissector(tvb, pinfo, tree)
  local s = tvb():raw()
  if not s:find(discovery_namespace, 1, true) then return 0 end
  local xml = Dissector.get("xml")
  if xml then xml:call(tvb, pinfo, tree) end
  pinfo.cols.protocol = "MS-PCCRD"
  local version2 = s:find("PeerDistDataV2", 1, true) ~= nil
  local stack, at = { { name = "", item = tree:add(mspccrd, tvb()) } }, 1
  while true do
    local from, to, closing, name, first, last, empty = s:find("<(/?)([%a_][^%s<>/]*)()[^<>]-()(/?)>", at)
    if not from then break end
    at = to + 1
    local around = stack[#stack]
    name = name:match("[^:]*$")
    if closing ~= "" then
      if #stack > 1 then
        if around.from then around.item:set_len(to - around.from + 1) end
        stack[#stack] = nil
      end
    else
      local row, inside = discovery[around.name .. "/" .. name], { name = name, item = around.item }
      if row and not row.item then
        inside.item, inside.from = around.item:add(tvb(from - 1), name), from
        if row.message then pinfo.cols.info = name end
      elseif row and empty == "" then
        text(row, around.item, tvb, s, at, (s:find("<", at, true) or #s + 1) - 1, version2)
      end
      for attribute, start, stop in s:sub(first, last - 1):gmatch("([^%s=]+)%s*=%s*[\"']()[^\"']*()[\"']") do
        local of = discovery[name .. "/" .. attribute]
        if of and of.item then inside.item:add(of.item, tvb(first + start - 2, stop - start)) end
      end
      if empty == "" then stack[#stack + 1] = inside end
    end
  end
  if tvb:len() == tvb:reported_len() then
    judge_discovery(s, function(id, at)
      Walk.report({ tvb = tvb }, id, stack[1].item, at - 1, at <= #s and 1 or 0)
    end)
  end
  return tvb:len()
end

mspccrd.fields = discovery_fields
DissectorTable.get("udp.port"):add(3702, mspccrd)
