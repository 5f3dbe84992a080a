meta:
  id: ms_pccrc_v2
  title: 'BranchCache Content Information, version 2.0'
  license: Apache-2.0
  ks-version: 0.11
  endian: be
doc: |
  Hashes and keys of segments.

  Generated from the tables of https://github.com/hostedcache/pchc: do not edit.
doc-ref: '[MS-PCCRC] 2.4'
seq:
  - id: b_minor_version
    -orig-id: bMinorVersion
    type: u1
    valid:
      eq: 0
    doc: 'Minor version.'
    # PCCRC-2.4-bMinorVersion
  - id: b_major_version
    -orig-id: bMajorVersion
    type: u1
    enum: b_major_version
    valid:
      eq: b_major_version::version_2_0
    doc: 'Major version.'
    # PCCRC-2.4-bMajorVersion
  - id: b_hash_algo
    -orig-id: bHashAlgo
    type: u1
    enum: b_hash_algo
    valid:
      eq: b_hash_algo::truncated_sha_512
    doc: 'Hash function of all hashes in the structure.'
    # PCCRC-2.4-bHashAlgo
  - id: ull_start_in_content
    -orig-id: ullStartInContent
    type: u8
    doc: 'Offset of the first listed segment in the content.'
  - id: ull_index_of_first_segment
    -orig-id: ullIndexOfFirstSegment
    type: u8
    doc: 'Zero-based index of the first listed segment in the content.'
  - id: dw_offset_in_first_segment
    -orig-id: dwOffsetInFirstSegment
    type: u4
    doc: 'Start of the content range within the first segment, in bytes.'
    # PCCRC-2.4-dwOffsetInFirstSegment
  - id: ull_length_of_range
    -orig-id: ullLengthOfRange
    type: u8
    doc: 'Size of the content range in bytes; 0 means the whole content.'
  - id: chunks
    -orig-id: chunks
    type: chunk_description
    repeat: eos
    doc: 'At least one chunk of segment descriptions, to the end of the structure.'
    # PCCRC-2.4-chunks
types:
  chunk_description:
    -orig-id: ChunkDescription
    doc-ref: '[MS-PCCRC] 2.4.1.1'
    seq:
      - id: b_chunk_type
        -orig-id: bChunkType
        type: u1
        enum: b_chunk_type
        valid:
          eq: b_chunk_type::segment_descriptions
        doc: 'Type of the chunk.'
        # PCCRC-2.4.1.1-bChunkType
      - id: dw_chunk_data_length
        -orig-id: dwChunkDataLength
        type: u4
        valid:
          expr: '_ > 0 and _ % 68 == 0'
        doc: 'Size of chunkData in bytes.'
        # PCCRC-2.4.1.1-dwChunkDataLength
      - id: chunk_data
        -orig-id: chunkData
        type: segment_description
        repeat: expr
        repeat-expr: dw_chunk_data_length / 68
        doc: 'Descriptions of consecutive segments, in content order.'
  segment_description:
    -orig-id: SegmentDescription
    doc-ref: '[MS-PCCRC] 2.4.1.2'
    seq:
      - id: cb_segment
        -orig-id: cbSegment
        type: u4
        doc: 'Size of the segment in bytes, whether in the content range or not.'
        # PCCRC-2.4.1.2-cbSegment
      - id: segment_hash_of_data
        -orig-id: SegmentHashOfData
        size: 32
        doc: 'HoD: hash of the segment.'
      - id: segment_secret
        -orig-id: SegmentSecret
        size: 32
        doc: 'Kp: the key that protects the segment between peers.'
enums:
  b_major_version:
    2:
      id: version_2_0
      -orig-id: 'version 2.0'
  b_hash_algo:
    4:
      id: truncated_sha_512
      -orig-id: 'Truncated SHA-512'
  b_chunk_type:
    0:
      id: segment_descriptions
      -orig-id: 'segment descriptions'
