meta:
  id: ms_smb2_hash_based_response
  title: 'BranchCache hashes over SMB2, hash based response'
  license: Apache-2.0
  ks-version: 0.11
  imports:
    - ms_pccrc_v1
    - ms_pccrc_v2
  endian: le
doc: |
  Output of FSCTL_SRV_READ_HASH, if HashRetrievalType of the request is SRV_HASH_RETRIEVE_HASH_BASED.

  Generated from the tables of https://github.com/hostedcache/pchc: do not edit.
doc-ref: '[MS-SMB2] 2.2.32.4.2'
seq:
  - id: offset
    -orig-id: Offset
    type: u8
    doc: 'Where Buffer begins in the Content Information File.'
  - id: buffer_length
    -orig-id: BufferLength
    type: u4
    doc: 'Size of Buffer in bytes.'
    # SMB2-2.2.32.4.2-BufferLength
  - id: reserved
    -orig-id: Reserved
    type: u4
    doc: 'Ignored by the receiver.'
    # SMB2-2.2.32.4.2-Reserved
  - id: buffer
    -orig-id: Buffer
    type: buffer
    size: buffer_length
    doc: 'The Content Information File, or a part of it.'
types:
  buffer:
    -orig-id: Buffer
    doc-ref: '[MS-SMB2] 2.2.32.4'
    seq:
      - id: hash_header
        -orig-id: HASH_HEADER
        type: hash_header
        if: '_root.offset == 0'
        doc: 'Present if Buffer is the beginning of the Content Information File: Offset is 0, or FileDataOffset is 0 and Buffer does not begin like Content Information 2.0.'
      - id: gap
        -orig-id: Gap
        size: 'hash_header.hash_blob_offset - _io.pos'
        if: '_root.offset == 0 and hash_header.hash_blob_offset > _io.pos'
        doc: 'Bytes before HashBlobOffset, mostly none.'
      - id: content_information_v1
        -orig-id: CONTENT_INFORMATION_V1
        type: ms_pccrc_v1
        size: 'hash_header.hash_blob_length == 0 ? _io.size - _io.pos : hash_header.hash_blob_length'
        if: '_root.offset == 0 and hash_header.hash_version == hash_version::srv_hash_ver_1 and hash_header.hash_blob_length <= _io.size - hash_header.hash_blob_offset'
        doc: 'HashBlobLength bytes of Content Information, if HashVersion is 1 and all of it is there.'
      - id: content_information_v2
        -orig-id: CONTENT_INFORMATION_V2
        type: ms_pccrc_v2
        size: 'hash_header.hash_blob_length == 0 ? _io.size - _io.pos : hash_header.hash_blob_length'
        if: '_root.offset == 0 and hash_header.hash_version == hash_version::srv_hash_ver_2 and hash_header.hash_blob_length <= _io.size - hash_header.hash_blob_offset'
        doc: 'HashBlobLength bytes of Content Information, or all if that is 0, if HashVersion is 2 or there is no HASH_HEADER in a file based response.'
      - id: content_information_part
        -orig-id: ContentInformationPart
        size: '_io.size - _io.pos'
        if: 'not (_root.offset == 0) or not (hash_header.hash_blob_length <= _io.size - hash_header.hash_blob_offset)'
        doc: 'A part of Content Information, to be joined with those of other responses.'
      - id: trailing
        -orig-id: Trailing
        size-eos: true
        doc: 'Bytes after the Content Information.'
        # SMB2-2.2.32.4.1-Trailing
  hash_header:
    -orig-id: HASH_HEADER
    doc-ref: '[MS-SMB2] 2.2.32.4.1'
    seq:
      - id: hash_type
        -orig-id: HashType
        type: u4
        enum: hash_type
        valid:
          eq: hash_type::srv_hash_type_peer_dist
        doc: 'What the hashes are for.'
        # SMB2-2.2.32.4.1-HashType
      - id: hash_version
        -orig-id: HashVersion
        type: u4
        enum: hash_version
        valid:
          any-of: [hash_version::srv_hash_ver_1, hash_version::srv_hash_ver_2]
        doc: 'Version of the Content Information.'
        # SMB2-2.2.32.4.1-HashVersion
        # SMB2-3.3.5.15.7-HashVersion
      - id: source_file_change_time
        -orig-id: SourceFileChangeTime
        type: u8
        doc: 'When the file changed last, in units of 100 ns since 1601 (FILETIME).'
      - id: source_file_size
        -orig-id: SourceFileSize
        type: u8
        doc: 'Size of the file in bytes.'
      - id: hash_blob_length
        -orig-id: HashBlobLength
        type: u4
        doc: 'Size of the Content Information in bytes; 0 in version 2, where it extends to the end of Buffer.'
        # SMB2-2.2.32.4.1-HashBlobLength
        # SMB2-3.3.5.15.7-HashBlobLength
      - id: hash_blob_offset
        -orig-id: HashBlobOffset
        type: u4
        doc: 'Where the Content Information begins in the Content Information File.'
        # SMB2-2.2.32.4.1-HashBlobOffset
      - id: dirty
        -orig-id: Dirty
        type: u2
        doc: 'Whether the file has changed since: then it is not sent.'
        # SMB2-2.2.32.4.1-Dirty
      - id: source_file_name_length
        -orig-id: SourceFileNameLength
        type: u2
        doc: 'Size of SourceFileName in bytes.'
        # SMB2-2.2.32.4.1-SourceFileNameLength
      - id: source_file_name
        -orig-id: SourceFileName
        size: source_file_name_length
        doc: 'Name of the file in UTF-16LE, without terminator; Windows ignores it.'
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
