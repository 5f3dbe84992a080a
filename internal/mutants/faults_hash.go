package main

// hashFaults are those of decoders of the buffers of FSCTL_SRV_READ_HASH.
var hashFaults = []fault{
	{name: "read-hash-big-endian", what: "integers are read as big-endian", rules: "SMB2-2.2.31.2-HashType SMB2-2.2.31.2-HashVersion SMB2-2.2.31.2-HashRetrievalType SMB2-2.2.31.2-Length SMB2-2.2.31.2-Offset"},
	{name: "read-hash-offset-absent", what: "a request that ends before Offset is accepted", rules: "SMB2-2.2.31.2-Truncated"},
	{name: "read-hash-offset-first", what: "Offset is read before Length", rules: "SMB2-2.2.31.2-Length SMB2-2.2.31.2-Offset"},
	{name: "read-hash-offset-32-bits", what: "the high half of Offset is lost", rules: "SMB2-2.2.31.2-Offset"},
	{name: "read-hash-version-2-refused", what: "HashVersion 2 is refused", rules: "SMB2-2.2.31.2-HashVersion SMB2-2.2.31.2-HashRetrievalType SMB2-3.3.5.15.7-HashRetrievalType"},
	{name: "read-hash-form-checked", what: "the sender rule about version and form is treated as a format rule", rules: "SMB2-3.3.5.15.7-HashRetrievalType SMB2-2.2.31.2-HashRetrievalType SMB2-2.2.31.2-HashVersion"},
	{name: "read-hash-trailing-refused", what: "bytes behind the request are refused", rules: "SMB2-2.2.31.2-Trailing"},
	{name: "hash-buffer-length-ignored", what: "BufferLength is ignored", rules: "SMB2-2.2.32.4.2-BufferLength SMB2-2.2.32.4.3-BufferLength"},
	{name: "hash-header-always", what: "each response begins with a HASH_HEADER, also those that are not the first", rules: "SMB2-2.2.32.4-ContentInformationPart SMB2-2.2.32.4.2-Offset SMB2-2.2.32.4.3-FileDataOffset SMB2-2.2.32.4.1-Truncated SMB2-2.2.32.4.1-HashType"},
	{name: "hash-type-unchecked", what: "HashType of HASH_HEADER is not checked", rules: "SMB2-2.2.32.4.1-HashType"},
	{name: "hash-blob-length-0", what: "HashBlobLength 0 is accepted in version 1", rules: "SMB2-2.2.32.4.1-HashBlobLength"},
	{name: "hash-blob-offset-ignored", what: "Content Information begins behind the name, whatever HashBlobOffset says", rules: "SMB2-2.2.32.4.2-Offset SMB2-2.2.32.4.1-HashBlobOffset PCCRC-2.3-Version PCCRC-2.4-bMinorVersion"},
	{name: "hash-part-refused", what: "a response that has not all of the Content Information is refused", rules: "SMB2-2.2.32.4.2-Offset SMB2-2.2.32.4.1-HashBlobLength"},
	{name: "hash-file-first", what: "a response that may be of both forms is read as file based", rules: "SMB2-2.2.32.4-ContentInformationPart SMB2-2.2.32.4.2-BufferLength SMB2-2.2.32.4.2-Offset"},
}
