package main

// discoveryFaults are those of decoders of the messages of MS-PCCRD.
var discoveryFaults = []fault{
	{name: "discovery-doctype-accepted", what: "a document type is accepted", rules: "PCCRD-2.1-XML"},
	{name: "discovery-trailing-ignored", what: "what is behind the root element is ignored", rules: "PCCRD-2.1-XML"},
	{name: "discovery-attribute-twice", what: "two attributes of a name are accepted", rules: "PCCRD-2.1-XML"},
	{name: "discovery-prefix-undeclared", what: "a prefix of an element need not be declared", rules: "PCCRD-2.1-XML PCCRD-2.2.1-Envelope"},
	{name: "discovery-mark-refused", what: "a byte order mark is refused", rules: "PCCRD-2.1-XML PCCRD-2.2.1-Envelope"},
	{name: "discovery-deep-crash", what: "elements 500 levels deep crash the decoder", rules: "PCCRD-2.1-XML"},
	{name: "discovery-references-kept", what: "references to characters are not resolved", rules: "PCCRD-2.1-XML " + discoveryTexts},
	{name: "discovery-cdata-ignored", what: "the text of CDATA sections is lost", rules: discoveryTexts},
	{name: "discovery-comment-ends-text", what: "only the text behind the last comment is read", rules: discoveryTexts},
	{name: "discovery-space-kept", what: "white space around values belongs to them", rules: discoveryTexts},
	{name: "discovery-prefix-customary", what: "elements are found by the customary prefixes only", rules: "PCCRD-2.2.1-Envelope " + discoveryTexts},
	{name: "discovery-namespace-ignored", what: "elements are told by their local names", rules: "PCCRD-2.2.1-Envelope " + discoveryTexts},
	{name: "discovery-twice-accepted", what: "of two elements of a name the first one counts", rules: "PCCRD-2.2.1-Envelope"},
	{name: "discovery-types-prefix-ignored", what: "the prefix in Types may be any", rules: "PCCRD-2.2.3.1-Types"},
	{name: "discovery-types-empty-prefix", what: "a colon with nothing before it in Types stands for the default namespace", rules: "PCCRD-2.2.3.1-Types"},
	{name: "discovery-first-match", what: "only the first ProbeMatch is read", rules: "PCCRD-2.2.2.2-ProbeMatch"},
	{name: "discovery-first-word", what: "only the first word of a list is read", rules: "PCCRD-2.2.3.3-Scopes PCCRD-2.2.3.8-XAddrs"},
	{name: "discovery-number-16-bits", what: "numbers above 65535 are lost", rules: "PCCRD-2.2.3.6-InstanceId PCCRD-2.2.3.7-MessageNumber"},
	{name: "discovery-odd-digits", what: "an odd number of digits is accepted", rules: "PCCRD-2.2.3.3-Scopes"},
	{name: "discovery-lower-case-refused", what: "digits of lower case are refused", rules: "PCCRD-2.2.3.3-Scopes"},
	{name: "discovery-base64-lenient", what: "base64 without padding is accepted, or with bits behind the last byte", rules: "PCCRD-2.2.3.3-ScopesV2 PCCRD-2.2.3.9-SegmentAges"},
	{name: "discovery-size-little-endian", what: "SegmentHashSize is read as little-endian", rules: "PCCRD-2.2.3.3-ScopesV2 PCCRD-2.2.3.3-Scopes"},
	{name: "discovery-count-unchecked", what: "the count of HoHoDks need not fit their bytes", rules: "PCCRD-2.2.3.3-ScopesV2"},
	{name: "discovery-block-count-any", what: "BlockCount may be of any number of segments", rules: "PCCRD-2.2.3.9-BlockCount"},
}

// discoveryTexts are the ids of texts that a decoder may read wrongly.
const discoveryTexts = "PCCRD-2.2.1-To PCCRD-2.2.1-Action PCCRD-2.2.1-MessageID PCCRD-2.2.1-RelatesTo PCCRD-2.2.3.1-Types PCCRD-2.2.3.3-Scopes PCCRD-2.2.3.3-ScopesV2 PCCRD-2.2.3.4-Address PCCRD-2.2.3.5-MetadataVersion PCCRD-2.2.3.8-XAddrs PCCRD-2.2.3.9-BlockCount PCCRD-2.2.3.9-SegmentAges"
