meta:
  id: ms_pccrc_v1
  title: 'BranchCache Content Information, version 1.0'
  license: Apache-2.0
  ks-version: 0.11
  endian: le
doc: |
  Hashes and keys of segments, and hashes of blocks.

  Generated from the tables of https://github.com/hostedcache/pchc: do not edit.
doc-ref: '[MS-PCCRC] 2.3'
seq:
  - id: version
    -orig-id: Version
    type: u2
    enum: version
    valid:
      eq: version::version_1_0
    doc: 'Version: the major version in the high byte, the minor version in the low byte.'
    # PCCRC-2.3-Version
  - id: dw_hash_algo
    -orig-id: dwHashAlgo
    type: u4
    enum: dw_hash_algo
    valid:
      any-of: [dw_hash_algo::sha_256, dw_hash_algo::sha_384, dw_hash_algo::sha_512]
    doc: 'Hash function of all hashes in the structure.'
    # PCCRC-2.3-dwHashAlgo
  - id: dw_offset_in_first_segment
    -orig-id: dwOffsetInFirstSegment
    type: u4
    doc: 'Start of the content range within the first segment, in bytes.'
    # PCCRC-2.3-dwOffsetInFirstSegment
  - id: dw_read_bytes_in_last_segment
    -orig-id: dwReadBytesInLastSegment
    type: u4
    doc: 'Number of bytes of the content range in the last segment; 0 means up to its end.'
    # PCHC-2.2.1.4-dwReadBytesInLastSegment
    # PCCRC-2.3-dwReadBytesInLastSegment
  - id: c_segments
    -orig-id: cSegments
    type: u4
    valid:
      expr: '_ > 0'
    doc: 'Number of segments and of block lists.'
    # PCHC-2.2.1.4-cSegments
    # PCCRC-2.3-cSegments
  - id: segments
    -orig-id: segments
    type: segment_description
    repeat: expr
    repeat-expr: c_segments
    doc: 'The segments that intersect the content range, in content order.'
  - id: blocks
    -orig-id: blocks
    type: segment_content_blocks
    repeat: expr
    repeat-expr: c_segments
    doc: 'The block lists of the segments, in the same order.'
  - id: padding
    -orig-id: Padding
    size-eos: true
    doc: 'Bytes after the last block list, which have no meaning.'
    # PCCRC-2.3-Padding
instances:
  hash_length:
    value: 'dw_hash_algo == dw_hash_algo::sha_256 ? 32 : (dw_hash_algo == dw_hash_algo::sha_384 ? 48 : 64)'
    doc: Length of each hash in bytes.
types:
  segment_description:
    -orig-id: SegmentDescription
    doc-ref: '[MS-PCCRC] 2.3.1.1'
    seq:
      - id: ull_offset_in_content
        -orig-id: ullOffsetInContent
        type: u8
        doc: 'Offset of the segment in the content.'
        # PCCRC-2.3.1.1-ullOffsetInContent
      - id: cb_segment
        -orig-id: cbSegment
        type: u4
        doc: 'Size of the segment in bytes, whether in the content range or not.'
        # PCCRC-2.3.1.1-cbSegment
      - id: cb_block_size
        -orig-id: cbBlockSize
        type: u4
        doc: 'Size of each block in bytes, except the last of the content.'
        # PCCRC-2.3.1.1-cbBlockSize
      - id: segment_hash_of_data
        -orig-id: SegmentHashOfData
        size: _root.hash_length
        doc: 'HoD: hash of the hashes of all blocks of the segment, whether listed or not.'
      - id: segment_secret
        -orig-id: SegmentSecret
        size: _root.hash_length
        doc: 'Kp: the key that protects the segment between peers.'
  segment_content_blocks:
    -orig-id: SegmentContentBlocks
    doc-ref: '[MS-PCCRC] 2.3.1.2'
    seq:
      - id: c_blocks
        -orig-id: cBlocks
        type: u4
        valid:
          expr: '_ > 0'
        doc: 'Number of block hashes.'
        # PCCRC-2.3.1.2-cBlocks
        # PCHC-2.2.1.4-BlockCount
        # PCCRC-2.3.1.2-BlockCount
      - id: block_hashes
        -orig-id: BlockHashes
        size: _root.hash_length
        repeat: expr
        repeat-expr: c_blocks
        doc: 'Hashes of the segment''s blocks, in order.'
enums:
  version:
    0x0100:
      id: version_1_0
      -orig-id: 'version 1.0'
  dw_hash_algo:
    0x800c:
      id: sha_256
      -orig-id: 'SHA-256'
    0x800d:
      id: sha_384
      -orig-id: 'SHA-384'
    0x800e:
      id: sha_512
      -orig-id: 'SHA-512'
