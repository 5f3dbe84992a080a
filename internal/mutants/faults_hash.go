package main

// hashFaults are those of decoders of requests of FSCTL_SRV_READ_HASH.
var hashFaults = []fault{
	{name: "read-hash-big-endian", what: "integers are read as big-endian", rules: "SMB2-2.2.31.2-HashType SMB2-2.2.31.2-HashVersion SMB2-2.2.31.2-HashRetrievalType SMB2-2.2.31.2-Length SMB2-2.2.31.2-Offset"},
	{name: "read-hash-offset-absent", what: "a request that ends before Offset is accepted", rules: "SMB2-2.2.31.2-Truncated"},
	{name: "read-hash-offset-first", what: "Offset is read before Length", rules: "SMB2-2.2.31.2-Length SMB2-2.2.31.2-Offset"},
	{name: "read-hash-offset-32-bits", what: "the high half of Offset is lost", rules: "SMB2-2.2.31.2-Offset"},
	{name: "read-hash-version-2-refused", what: "HashVersion 2 is refused", rules: "SMB2-2.2.31.2-HashVersion SMB2-2.2.31.2-HashRetrievalType SMB2-3.3.5.15.7-HashRetrievalType"},
	{name: "read-hash-form-checked", what: "the sender rule about version and form is treated as a format rule", rules: "SMB2-3.3.5.15.7-HashRetrievalType SMB2-2.2.31.2-HashRetrievalType SMB2-2.2.31.2-HashVersion"},
	{name: "read-hash-trailing-refused", what: "bytes behind the request are refused", rules: "SMB2-2.2.31.2-Trailing"},
}
