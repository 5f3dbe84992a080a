package mutate

// Words of XML and of MS-PCCRD. The dictionary of package corpus has those of binary
// messages.
var (
	nameWords      = [...]string{"x", ":x", "V2", "-", "es", "1"}
	attributeWords = [...]string{
		" a='1'", " a:b='1'", " xmlns:a='u'", " xmlns='u'", " xmlns=''", " xmlns:wsd='u'", " xmlns:wsd='http://schemas.xmlsoap.org/ws/2005/04/discovery'", " MatchBy='x'",
		" MatchBy='http://schemas.microsoft.com/p2p/2010/05/PeerDistV2MatchingRule'", " InstanceId='7'", " MessageNumber='4294967296'", " xml:space='preserve'", " a='&lt;&#60;'", " a=\"<\"", " a", " soap:mustUnderstand='1'",
	}
	markupWords = [...]string{
		"<a>", "</a>", "<a/>", "<a xmlns='u'/>", "<wsd:Types>", "</wsd:Types>", "<wsd:Scopes/>", "<wsd:Types/>", "<soap:Body>", "</soap:Body>", "<!-- x -->", "<!--", "-->", "--", "<![CDATA[", "]]>", "<![CDATA[x]]>",
		"<?x?>", "<?", "?>", "<?xml version='1.0'?>", "<!DOCTYPE x>", "&amp;", "&#65;", "&#x41;", "&#x20;", "&#xD800;", "&x;", "&", " ", "\t", "\r\n", "\u00A0", "\u0085", "\uFEFF",
		"<wsd:ProbeMatch>", "</wsd:ProbeMatch>", "<wsd:Probe>", "</wsd:Probe>", "<PeerDist:PeerDistData>", "</PeerDist:PeerDistData>", "<PeerDist:SegmentAges>AAEDAQABAAA=</PeerDist:SegmentAges>",
		"<wsa:To/>", "<wsd:AppSequence/>", "<wsd:AppSequence InstanceId='1' MessageNumber='2'/>", "é", "\x00", "\xFF", "\xC0\x80", ">", "<", "\"", "'", "=", ":",
	}
	textWords = [...]string{
		"", " ", "0", "1", "2", "3", "02", "-1", "4294967295", "4294967296", "V2", "PeerDistData", "PeerDistDataV2", "PeerDist:PeerDistData", "PeerDist:PeerDistDataV2", "wsd:", "PeerDist:", "x:",
		"AB", "ab", "00000001", " 00000001", "FFFFFFFF", "00", "==", "=", "A", "AA==", "QA==", "4A==", "AAEDAQABAAA=", "AAEC", "ACAB", "IAAB", "IAAC", "host:80", " host:80", "host", ":80", "[::1]:80", "http://", "/", ":0", "65536",
		"urn:uuid:", "uuid:", "urn:", "http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe", "http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches",
		"http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous", "urn:schemas-xmlsoap-org:ws:2005:04:discovery", "\n", "&#10;", "&#x41;", ",",
	}
)
