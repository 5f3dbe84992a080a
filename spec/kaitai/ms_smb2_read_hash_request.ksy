meta:
  id: ms_smb2_read_hash_request
  title: 'BranchCache hashes over SMB2, request'
  license: Apache-2.0
  ks-version: 0.11
  endian: le
doc: |
  Input of FSCTL_SRV_READ_HASH.

  Generated from the tables of https://github.com/hostedcache/pchc: do not edit.
doc-ref: '[MS-SMB2] 2.2.31.2'
seq:
  - id: hash_type
    -orig-id: HashType
    type: u4
    enum: hash_type
    doc: 'What the hashes are for.'
    # SMB2-2.2.31.2-HashType
  - id: hash_version
    -orig-id: HashVersion
    type: u4
    enum: hash_version
    doc: 'Version of the Content Information.'
    # SMB2-2.2.31.2-HashVersion
  - id: hash_retrieval_type
    -orig-id: HashRetrievalType
    type: u4
    enum: hash_retrieval_type
    doc: 'What Length and Offset count: bytes of the Content Information File, or of the content.'
    # SMB2-2.2.31.2-HashRetrievalType
    # SMB2-3.3.5.15.7-HashRetrievalType
  - id: length
    -orig-id: Length
    type: u4
    doc: 'Number of bytes asked for.'
  - id: offset
    -orig-id: Offset
    type: u8
    doc: 'Where they begin.'
  - id: trailing
    -orig-id: Trailing
    size-eos: true
    doc: 'Bytes after the end of the request.'
    # SMB2-2.2.31.2-Trailing
enums:
  hash_type:
    1:
      id: srv_hash_type_peer_dist
      -orig-id: 'SRV_HASH_TYPE_PEER_DIST'
  hash_version:
    1:
      id: srv_hash_ver_1
      -orig-id: 'SRV_HASH_VER_1'
    2:
      id: srv_hash_ver_2
      -orig-id: 'SRV_HASH_VER_2'
  hash_retrieval_type:
    1:
      id: srv_hash_retrieve_hash_based
      -orig-id: 'SRV_HASH_RETRIEVE_HASH_BASED'
    2:
      id: srv_hash_retrieve_file_based
      -orig-id: 'SRV_HASH_RETRIEVE_FILE_BASED'
