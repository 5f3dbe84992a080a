#!/usr/bin/env python3
"""A strict decoder of MS-PCHC, MS-PCCRR and MS-PCCRD messages and MS-PCCRC Content
Information.

A target for `pchc fuzz --exec`, see ../README.md:

    pchc fuzz --exec 'python3 decoder.py'
    pchc fuzz --exec 'python3 decoder.py' --kinds retrieval-request,retrieval-response
    pchc fuzz --exec 'python3 decoder.py' --kinds discovery

It answers each line "KIND HEX" with one JSON object; the kinds are request, response,
content, retrieval-request, retrieval-response and discovery. To test your own decoder,
keep main() and replace decode().
"""

import base64
import hashlib
import hmac
import json
import re
import sys
from xml.parsers import expat


class Violation(Exception):
    """The first format rule that a message violates."""

    def __init__(self, rule, offset, field):
        super().__init__(rule)
        self.rule, self.offset, self.field = rule, offset, field


class Reader:
    """Takes fields from a message, in order."""

    def __init__(self, data, path=""):
        self.data, self.pos, self.path = data, 0, path
        self.cut = None  # the rule violated if the bytes end

    def left(self):
        return len(self.data) - self.pos

    def violation(self, rule, name, back=0):
        """Returns the violation at a field that is, or was, `back` bytes before here."""
        return Violation(rule, self.pos - back, self.path + name)

    def bytes(self, name, n):
        if self.left() < n:
            raise self.violation(self.cut, name)
        self.pos += n
        return self.data[self.pos - n : self.pos]

    def integer(self, name, n, order="big"):
        return int.from_bytes(self.bytes(name, n), order)

    def one_of(self, name, n, rule, values, order="big"):
        """Takes an integer that must be one of the values."""
        value = self.integer(name, n, order)
        if value not in values:
            raise self.violation(rule, name, n)
        return value


def request(data):
    """MS-PCHC 2.2.1: the body of an HTTP POST."""
    r = Reader(data, "MessageHeader.")
    r.cut = "PCHC-2.2.1.1-Truncated"
    minor = r.one_of("MinorVersion", 1, "PCHC-2.2.1.1-MinorVersion", (0,))
    major = r.one_of("MajorVersion", 1, "PCHC-2.2.1.1-MajorVersion", (1, 2))
    kind = r.one_of("Type", 2, "PCHC-2.2.1.1-Type", (1, 2, 3))
    if major != (2 if kind == 3 else 1):
        raise r.violation("PCHC-2.2.1.%d-Version" % (kind + 2), "Type", 2)
    padding = r.bytes("Padding", 4)
    fields = {"MessageHeader": {"MinorVersion": minor, "MajorVersion": major, "Type": kind, "Padding": padding}}

    r.path, r.cut = "ConnectionInformation.", "PCHC-2.2.1.2-Truncated"
    port = r.integer("Port", 2)
    fields["ConnectionInformation"] = {"Port": port, "Padding": r.bytes("Padding", 6)}

    r.path = ""
    if kind == 1:
        if r.left() not in (32, 48, 64):
            raise r.violation("PCHC-2.2.1.3-Hash", "Hash")
        fields["Hash"] = r.bytes("Hash", r.left())
        return "INITIAL_OFFER_MESSAGE", fields, None
    if kind == 2:
        r.cut = "PCHC-2.2.1.4-Truncated"
        fields["ContentTag"] = r.bytes("ContentTag", 16)
        r.path = "SegmentInformation."
        fields["SegmentInformation"] = content_v1(r, in_segment_info=True)
        return "SEGMENT_INFO_MESSAGE", fields, derive_v1(fields["SegmentInformation"])
    fields["SegmentDescriptor"] = batch(r)
    return "BATCHED_OFFER_MESSAGE", fields, None


def batch(r):
    """MS-PCHC 2.2.1.5: 1 to 128 descriptors, to the end of the message."""
    r.cut = "PCHC-2.2.1.5-Truncated"
    if r.left() == 0:
        raise r.violation("PCHC-2.2.1.5-MinDescriptors", "SegmentDescriptor")
    descriptors = []
    while r.left() > 0:
        path = "SegmentDescriptor[%d]" % len(descriptors)
        if len(descriptors) == 128:
            raise r.violation("PCHC-2.2.1.5-MaxDescriptors", path)
        r.path = path + "."
        descriptors.append({
            "BlockSize": r.integer("BlockSize", 4),
            "SegmentSize": r.integer("SegmentSize", 4),
            "SizeOfContentTag": r.one_of("SizeOfContentTag", 2, "PCHC-2.2.1.5-SizeOfContentTag", (16,)),
            "ContentTag": r.bytes("ContentTag", 16),
            "HashAlgorithm": r.one_of("HashAlgorithm", 1, "PCHC-2.2.1.5-HashAlgorithm", (1, 4)),
            "SegmentHoHoDk": r.bytes("SegmentHoHoDk", 32),
        })
        r.path = ""
    return descriptors


def response(data):
    """MS-PCHC 2.2.2: the body of an HTTP response."""
    r = Reader(data, "TransportHeader.")
    r.cut = "PCHC-2.2.2.1-Truncated"
    size = r.one_of("Size", 4, "PCHC-2.2.2.1-Size", (1,))
    r.path, r.cut = "", "PCHC-2.2.2.2-Truncated"
    code = r.one_of("ResponseCode", 1, "PCHC-2.2.2.2-ResponseCode", (0, 1))
    if r.left() > 0:
        raise r.violation("PCHC-2.2.2.2-Trailing", "Trailing")
    return "RESPONSE_MESSAGE", {"TransportHeader": {"Size": size}, "ResponseCode": code}, None


HASHES = {0x800C: "sha256", 0x800D: "sha384", 0x800E: "sha512"}  # by dwHashAlgo


def content_v1(r, in_segment_info=False):
    """MS-PCCRC 2.3, whose integers are little-endian."""
    around = r.path
    r.cut = "PCCRC-2.3-Truncated"
    c = {
        "Version": r.one_of("Version", 2, "PCCRC-2.3-Version", (0x0100,), "little"),
        "dwHashAlgo": r.one_of("dwHashAlgo", 4, "PCCRC-2.3-dwHashAlgo", HASHES, "little"),
        "dwOffsetInFirstSegment": r.integer("dwOffsetInFirstSegment", 4, "little"),
        "dwReadBytesInLastSegment": r.integer("dwReadBytesInLastSegment", 4, "little"),
        "cSegments": r.integer("cSegments", 4, "little"),
    }
    h = hashlib.new(HASHES[c["dwHashAlgo"]]).digest_size
    if in_segment_info and c["cSegments"] != 1:
        raise r.violation("PCHC-2.2.1.4-cSegments", "cSegments", 4)
    if c["cSegments"] == 0 or c["cSegments"] * (16 + 2 * h) > r.left():
        raise r.violation("PCCRC-2.3-cSegments", "cSegments", 4)
    # All bytes of the segments are there, so nothing in them can be truncated.
    c["segments"] = [
        {
            "ullOffsetInContent": r.integer("ullOffsetInContent", 8, "little"),
            "cbSegment": r.integer("cbSegment", 4, "little"),
            "cbBlockSize": r.integer("cbBlockSize", 4, "little"),
            "SegmentHashOfData": r.bytes("SegmentHashOfData", h),
            "SegmentSecret": r.bytes("SegmentSecret", h),
        }
        for _ in range(c["cSegments"])
    ]
    r.cut = "PCCRC-2.3.1.2-Truncated"
    c["blocks"] = []
    for i in range(c["cSegments"]):
        r.path = "%sblocks[%d]." % (around, i)
        n = r.integer("cBlocks", 4, "little")
        if n == 0 or n * h > r.left():
            raise r.violation("PCCRC-2.3.1.2-cBlocks", "cBlocks", 4)
        c["blocks"].append({"cBlocks": n, "BlockHashes": [r.bytes("BlockHashes", h) for _ in range(n)]})
    if r.left():
        c["Padding"] = r.bytes("Padding", r.left())
    return c


def content_v2(r):
    """MS-PCCRC 2.4, whose integers are big-endian."""
    r.cut = "PCCRC-2.4-Truncated"
    c = {
        "bMinorVersion": r.one_of("bMinorVersion", 1, "PCCRC-2.4-bMinorVersion", (0,)),
        "bMajorVersion": r.one_of("bMajorVersion", 1, "PCCRC-2.4-bMajorVersion", (2,)),
        "bHashAlgo": r.one_of("bHashAlgo", 1, "PCCRC-2.4-bHashAlgo", (4,)),
        "ullStartInContent": r.integer("ullStartInContent", 8),
        "ullIndexOfFirstSegment": r.integer("ullIndexOfFirstSegment", 8),
        "dwOffsetInFirstSegment": r.integer("dwOffsetInFirstSegment", 4),
        "ullLengthOfRange": r.integer("ullLengthOfRange", 8),
        "chunks": [],
    }
    if r.left() == 0:
        raise r.violation("PCCRC-2.4-chunks", "chunks")
    r.cut = "PCCRC-2.4.1.1-Truncated"
    while r.left() > 0:
        r.path = "chunks[%d]." % len(c["chunks"])
        chunk_type = r.one_of("bChunkType", 1, "PCCRC-2.4.1.1-bChunkType", (0,))
        length = r.integer("dwChunkDataLength", 4)
        if length == 0 or length % 68 != 0 or length > r.left():
            raise r.violation("PCCRC-2.4.1.1-dwChunkDataLength", "dwChunkDataLength", 4)
        c["chunks"].append({
            "bChunkType": chunk_type,
            "dwChunkDataLength": length,
            "chunkData": [
                {
                    "cbSegment": r.integer("cbSegment", 4),
                    "SegmentHashOfData": r.bytes("SegmentHashOfData", 32),
                    "SegmentSecret": r.bytes("SegmentSecret", 32),
                }
                for _ in range(length // 68)
            ],
        })
    return c


C2 = "MS_P2P_CACHING\0".encode("utf-16-le")


def hohodk(segment, name):
    """MS-PCCRC 2.2: the public identifier of a segment."""
    return hmac.new(segment["SegmentSecret"], segment["SegmentHashOfData"] + C2, name).digest()


def derive_v1(c):
    """The content range and the segments of Content Information 1.0."""
    first, last = c["segments"][0], c["segments"][-1]
    offset, read = c["dwOffsetInFirstSegment"], c["dwReadBytesInLastSegment"]
    most = last["cbSegment"]  # limit of the range in the last segment
    if len(c["segments"]) == 1:
        most = max(most - offset, 0)
    length = min(read or most, most)
    if len(c["segments"]) > 1:
        length += max(first["cbSegment"] - offset, 0)
        length += sum(s["cbSegment"] for s in c["segments"][1:-1])
    return {
        "range": {"start": min(first["ullOffsetInContent"] + offset, 2**64 - 1), "length": length},
        "segments": [
            {
                "index": i,
                "start": s["ullOffsetInContent"],
                "length": s["cbSegment"],
                "blockSize": s["cbBlockSize"],
                "HoHoDk": hohodk(s, HASHES[c["dwHashAlgo"]]),
            }
            for i, s in enumerate(c["segments"])
        ],
    }


def derive_v2(c):
    """The same of version 2.0, whose segments have no blocks."""
    segments, start = [], c["ullStartInContent"]
    for chunk in c["chunks"]:
        for s in chunk["chunkData"]:
            segments.append({
                "index": len(segments),
                "start": start % 2**64,
                "length": s["cbSegment"],
                "blockSize": s["cbSegment"],
                "HoHoDk": hohodk(s, "sha512")[:32],
            })
            start += s["cbSegment"]
    offset = c["dwOffsetInFirstSegment"]
    length = c["ullLengthOfRange"] or max(start - c["ullStartInContent"] - offset, 0)
    return {"range": {"start": min(c["ullStartInContent"] + offset, 2**64 - 1), "length": length}, "segments": segments}


def content(data):
    """Content Information; its second byte determines the version."""
    r = Reader(data)
    if data[1:2] == b"\x02":
        c = content_v2(r)
        return "CONTENT_INFORMATION_V2", c, derive_v2(c)
    c = content_v1(r)
    return "CONTENT_INFORMATION_V1", c, derive_v1(c)


RETRIEVAL = ("MSG_NEGO_REQ", "MSG_NEGO_RESP", "MSG_GETBLKLIST", "MSG_GETBLKS",
             "MSG_BLKLIST", "MSG_BLK", "MSG_GETSEGLIST", "MSG_SEGLIST")  # by MsgType
REQUESTS, RESPONSES = (0, 2, 3, 6), (1, 4, 5, 7)


def retrieval(data, types):
    """MS-PCCRR 2.2: a message in the body of an HTTP request or response."""
    r, fields = Reader(data), {}
    if types == RESPONSES:
        r.path, r.cut = "TRANSPORT_RESPONSE_HEADER.", "PCCRR-2.2.2-Truncated"
        size = r.integer("Size", 4)
        if size != r.left() or size > 393216:
            raise r.violation("PCCRR-2.2.2-Size", "Size", 4)
        fields["TRANSPORT_RESPONSE_HEADER"] = {"Size": size}
    length, r.path, r.cut = r.left(), "MESSAGE_HEADER.", "PCCRR-2.2.3-Truncated"
    version = versions(r, "ProtVer")
    kind = r.one_of("MsgType", 4, "PCCRR-2.2.3-MsgType", range(8))
    if kind not in types:
        raise r.violation("PCCRR-2.1.1-Direction", "MsgType", 4)
    size = r.one_of("MsgSize", 4, "PCCRR-2.2.3-MsgSize", (length,))
    if types == REQUESTS and size > 98304:
        raise r.violation("PCCRR-2.2.3-MsgSizeLimit", "MsgSize", 4)
    crypto = r.one_of("CryptoAlgoId", 4, "PCCRR-2.2.3-CryptoAlgoId", range(4))
    fields["MESSAGE_HEADER"] = {"ProtVer": version, "MsgType": kind, "MsgSize": size, "CryptoAlgoId": crypto}
    r.path, body = "MESSAGE_BODY.", fields.setdefault("MESSAGE_BODY", {})
    section = "PCCRR-2.2.%d.%d-" % ((4, 1 + REQUESTS.index(kind)) if kind in REQUESTS else (5, 1 + RESPONSES.index(kind)))
    r.cut = section + "Truncated"
    if kind in (0, 1):
        for name in "MinSupportedProtocolVersion", "MaxSupportedProtocolVersion":
            body[name] = versions(r, name)
    elif kind == 2:
        sized(r, body, section, "SegmentID", "ZeroPad")
        ranges(r, body, section, "NeededBlocksRangeCount", "NeededBlockRanges")
    elif kind == 3:
        sized(r, body, section, "SegmentID", "ZeroPad")
        ranges(r, body, section, "ReqBlockRangeCount", "ReqBlockRanges")
        sized(r, body, section, "DataForVrfBlock")
    elif kind == 4:
        sized(r, body, section, "SegmentId", "ZeroPad")
        ranges(r, body, section, "BlockRangeCount", "BlockRanges")
        r.cut = section + "NextBlockIndex"
        body["NextBlockIndex"] = r.integer("NextBlockIndex", 4)
    elif kind == 5:
        blk(r, body, section, crypto)
    elif kind == 6:
        body["RequestID"] = r.bytes("RequestID", 16)
        n = body["CountOfSegmentIDs"] = r.integer("CountOfSegmentIDs", 4)
        if n == 0 or 4 * n > r.left():
            raise r.violation(section + "CountOfSegmentIDs", "CountOfSegmentIDs", 4)
        body["SegmentIDs"] = []
        for i in range(n):
            r.path = "MESSAGE_BODY.SegmentIDs[%d]." % i
            body["SegmentIDs"].append(sized(r, {}, section, "SegmentID", "ZeroPad"))
        blob(r, body, section)
    else:
        body["RequestID"] = r.bytes("RequestID", 16)
        ranges(r, body, section, "SegmentRangeCount", "SegmentRanges")
        blob(r, body, section)
    if r.left() > 0:
        r.path = ""
        raise r.violation("PCCRR-2.1.1-OneMessage", "Trailing")
    return RETRIEVAL[kind], fields, None


def versions(r, name):
    """A version, the minor number first."""
    if r.left() < 4:
        raise r.violation(r.cut, name)
    return {"MinorVersion": r.integer(name, 2), "MajorVersion": r.integer(name, 2)}


def sized(r, body, section, name, padding=None):
    """A byte string with its size, padded up to a multiple of 4 if another field follows."""
    n = body["SizeOf" + name] = r.integer("SizeOf" + name, 4)
    if n > r.left():
        raise r.violation(section + "SizeOf" + name, "SizeOf" + name, 4)
    body[name] = r.bytes(name, n)
    if padding and n % 4:
        around, r.cut = r.cut, "PCCRR-2.2-Alignment"
        body[padding] = r.bytes(padding, -n % 4)
        r.cut = around
    return body


def ranges(r, body, section, count, name):
    n = body[count] = r.integer(count, 4)
    if 8 * n > r.left():
        raise r.violation(section + count, count, 4)
    body[name] = [{"Index": r.integer("Index", 4), "Count": r.integer("Count", 4)} for _ in range(n)]


def blk(r, body, section, crypto):
    """MS-PCCRR 2.2.5.3: a block, or none."""
    sized(r, body, section, "SegmentId", "ZeroPad")
    body["BlockIndex"] = r.integer("BlockIndex", 4)
    body["NextBlockIndex"] = r.integer("NextBlockIndex", 4)
    at = r.pos
    try:
        sized(r, body, section, "Block", "ZeroPad_2")
    except Violation as b:
        if b.offset <= at:
            raise
        padding = b  # is behind SizeOfBlock, which may be wrong
    else:
        padding = None
    encrypted = crypto != 0 and body["SizeOfBlock"] > 0
    if encrypted and body["SizeOfBlock"] % 16:
        raise Violation(section + "Block", at, "MESSAGE_BODY.SizeOfBlock")
    if padding:
        raise padding
    sized(r, body, section, "VrfBlock", "ZeroPad_3")
    at = r.pos
    sized(r, body, section, "IVBlock")
    if encrypted and body["SizeOfIVBlock"] != 16:
        raise Violation(section + "IVBlock", at, "MESSAGE_BODY.SizeOfIVBlock")


def blob(r, body, section):
    """An extensible blob, whose content is no format rule's matter."""
    r.path, r.cut = "MESSAGE_BODY.", section + "Blob"
    n = body["SizeOfExtensibleBlob"] = r.integer("SizeOfExtensibleBlob", 4)
    if n > r.left():
        raise r.violation(r.cut, "SizeOfExtensibleBlob", 4)
    body["ExtensibleBlob"] = r.bytes("ExtensibleBlob", n)


SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSD = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
PEERDIST = "http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery"

ELEMENTS = {  # what may be in an element, and its namespace; what has nothing in it is left out
    "Envelope": {"Header": SOAP, "Body": SOAP},
    "Header": {"To": WSA, "Action": WSA, "MessageID": WSA, "RelatesTo": WSA, "AppSequence": WSD},
    "Body": {"Probe": WSD, "ProbeMatches": WSD},
    "Probe": {"Types": WSD, "Scopes": WSD},
    "ProbeMatches": {"ProbeMatch": WSD},
    "ProbeMatch": {"EndpointReference": WSA, "Types": WSD, "Scopes": WSD, "XAddrs": WSD,
                   "MetadataVersion": WSD, "PeerDistData": PEERDIST},
    "EndpointReference": {"Address": WSA},
    "PeerDistData": {"BlockCount": PEERDIST, "SegmentAges": PEERDIST},
}
ATTRIBUTES = {"AppSequence": ("InstanceId", "MessageNumber"), "Scopes": ("MatchBy",)}
LISTS = ("Scopes", "XAddrs")
NUMBERS = ("InstanceId", "MessageNumber", "MetadataVersion")
BLANK = " \t\r\n"


class Element:
    """An element of a message in XML."""

    def __init__(self, at, uri, name, attributes, prefixes):
        self.at, self.uri, self.name, self.attributes = at, uri, name, attributes
        self.prefixes = prefixes  # those in scope, with their namespaces
        self.children, self.text = [], ""
        self.closing = None  # where its end tag begins; the end of an empty-element tag

    def known(self):
        """Returns the children that the protocol has."""
        return [c for c in self.children if ELEMENTS.get(self.name, {}).get(c.name) == c.uri]

    def child(self, name):
        return next((c for c in self.known() if c.name == name), None)

    def value(self):
        return self.text.strip(BLANK)

    def words(self):
        return re.findall("[^%s]+" % BLANK, self.text)


def parse(data):
    """Returns the root element of a document in UTF-8 that has no document type."""
    open_, prefixes, declared, roots = [], [{"xml": "http://www.w3.org/XML/1998/namespace"}], {}, []
    # No text of XML has the separator of a namespace and a name in it.
    parser = expat.ParserCreate("utf-8", "\f")
    parser.buffer_text = True

    def refuse(*_):
        raise expat.ExpatError

    def declaration(version, encoding, _standalone):
        if version != "1.0" or (encoding or "utf-8").lower() != "utf-8":
            refuse()

    def start(name, attributes):
        prefixes.append({**prefixes[-1], **declared} if declared else prefixes[-1])
        declared.clear()
        uri, _, local = name.rpartition("\f")
        e = Element(parser.CurrentByteIndex, uri, local, attributes, prefixes[-1])
        (open_[-1].children if open_ else roots).append(e)
        open_.append(e)

    def end(_):
        open_.pop().closing = parser.CurrentByteIndex
        prefixes.pop()

    def text(s):
        open_[-1].text += s

    parser.XmlDeclHandler, parser.StartDoctypeDeclHandler = declaration, refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartNamespaceDeclHandler = lambda prefix, uri: declared.update({prefix or "": uri or ""})
    try:
        data.decode("utf-8")
        parser.Parse(data, True)
    except (expat.ExpatError, UnicodeDecodeError):
        raise Violation("PCCRD-2.1-XML", max(parser.CurrentByteIndex, 0), "XML") from None
    finally:
        parser = None  # or it and its handlers keep each other until the next garbage collection
    return roots[0]


def discovery(data):
    """MS-PCCRD 2.2: a Probe or ProbeMatches in a UDP datagram."""
    root, bad = parse(data), []
    messages = envelope(root, bad)
    if not messages:
        misplaced(len(data), bad)
    if not bad:  # else nobody looks at what is in them
        if messages[0].name == "Probe":
            probe(messages[0], "Body.Probe.", bad)
        else:
            for i, e in enumerate(messages[0].known()):
                probe_match(e, "Body.ProbeMatches.ProbeMatch[%d]." % i, bad)
    if bad:
        raise Violation(*min(bad, key=lambda b: b[1]))
    return messages[0].name, structure(root), None


def envelope(root, bad):
    """Looks at which elements there are, and returns those in the Body."""
    messages = []
    if (root.uri, root.name) == (SOAP, "Envelope"):
        look(root, messages, bad)
    else:
        misplaced(root.at, bad)
    return messages


def misplaced(at, bad):
    bad.append(("PCCRD-2.2.1-Envelope", at, "Envelope"))


def look(e, messages, bad):
    seen, known = set(), set(e.known())
    for c in e.children:
        if c not in known:
            if e.name == "Body" or e.name not in ELEMENTS:
                misplaced(c.at, bad)
            continue
        if c.name in seen and c.name != "ProbeMatch" or e.name == "Body" and messages:
            misplaced(c.at, bad)
        seen.add(c.name)
        if e.name == "Body":
            messages.append(c)
        look(c, messages, bad)
    if e.name == "ProbeMatches" and not seen:
        misplaced(e.closing, bad)


def structure(e):
    """Returns what is in an element, or in the document."""
    fields = {name: scalar(name, e.attributes[name]) for name in ATTRIBUTES.get(e.name, ()) if name in e.attributes}
    for c in e.known():
        if c.name == "ProbeMatch":
            fields.setdefault(c.name, []).append(structure(c))
        elif c.name in LISTS:
            fields[c.name] = c.words()
            fields.update(structure(c))  # its attributes
        elif c.name in ELEMENTS or c.name == "AppSequence":
            fields[c.name] = structure(c)
        else:
            fields[c.name] = scalar(c.name, c.text)
    return fields


def scalar(name, text):
    text = text.strip(BLANK)
    if name not in NUMBERS:
        return text
    return int(text) if re.fullmatch("[0-9]{1,4000}", text) and int(text) < 2**32 else None


def version(e, path, bad):
    """Reads Types: 1 or 2, nothing if it is wrong."""
    types = e.child("Types")
    prefix, colon, name = types.value().rpartition(":") if types else ("", "", "")
    if (prefix or not colon) and types and types.prefixes.get(prefix) == PEERDIST:
        if name in ("PeerDistData", "PeerDistDataV2"):
            return 2 if name.endswith("V2") else 1
    fault(e, path, bad, "Types", "PCCRD-2.2.3.1-Types")


def fault(e, path, bad, name, rule):
    """Adds a violation at a child of e, or where e ends if it is not there."""
    child = e
    for part in name.split("."):
        child = child and child.child(part)
    bad.append((rule, child.at if child else e.closing, path + name))


def probe(e, path, bad):
    scopes, v = e.child("Scopes"), version(e, path, bad)
    if v == 1 and not hexadecimal(scopes):
        fault(e, path, bad, "Scopes", "PCCRD-2.2.3.3-Scopes")
    if v == 2:
        b = in_base64(scopes) or b""
        size = int.from_bytes(b[:2], "big")  # of each HoHoDk; their number is the third byte
        if len(b) <= 3 or len(b) != 3 + size * b[2]:
            fault(e, path, bad, "Scopes", "PCCRD-2.2.3.3-ScopesV2")


def probe_match(e, path, bad):
    scopes, v = e.child("Scopes"), version(e, path, bad)
    data = e.child("PeerDistData")
    count, ages = data and data.child("BlockCount"), data and data.child("SegmentAges")
    if v == 1:
        n = hexadecimal(scopes)
        if not n:
            fault(e, path, bad, "Scopes", "PCCRD-2.2.3.3-Scopes")
        digits = count.value() if count else ""
        fits = len(digits) == 8 * n or n == 0 and len(digits) % 8 == 0
        if not count or not fits or not re.fullmatch("[0-9A-Fa-f]*", digits):
            fault(e, path, bad, "PeerDistData.BlockCount", "PCCRD-2.2.3.9-BlockCount")
    if v == 2:
        if not in_base64(scopes):
            fault(e, path, bad, "Scopes", "PCCRD-2.2.3.3-ScopesV2")
        if ages and in_base64(ages) is None:
            fault(e, path, bad, "PeerDistData.SegmentAges", "PCCRD-2.2.3.9-SegmentAges")


def hexadecimal(scopes):
    """Returns how many HoHoDks there are in hexadecimal digits, 0 if something else is."""
    words = scopes.words() if scopes else []
    return len(words) if all(re.fullmatch("([0-9A-Fa-f]{2})+", w) for w in words) else 0


def in_base64(e):
    """Returns what an element has in base64, in which there may be blanks, or None."""
    digits = "".join(e.words()) if e else "-"
    try:
        data = base64.b64decode(digits)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == digits else None  # no other characters, nor bits behind the end


DECODERS = {
    "request": request, "response": response, "content": content, "discovery": discovery,
    "retrieval-request": lambda data: retrieval(data, REQUESTS),
    "retrieval-response": lambda data: retrieval(data, RESPONSES),
}


def decode(kind, data):
    """Returns name, fields and derived values of a message; raises Violation."""
    return DECODERS[kind](data)


def answer(kind, data):
    try:
        message, fields, derived = decode(kind, data)
    except Violation as b:
        violation = {"rule": b.rule, "class": "format", "offset": b.offset, "field": b.field}
        return {"valid": False, "violations": [violation]}
    result = {"message": message, "length": len(data), "valid": True, "fields": fields}
    if derived is not None:
        result["derived"] = derived
    return result


def main():
    for line in sys.stdin:
        kind, _, digits = line.rstrip("\n").partition(" ")
        # Without flush the answer stays in the buffer.
        print(json.dumps(answer(kind, bytes.fromhex(digits)), default=bytes.hex), flush=True)


if __name__ == "__main__":
    main()
