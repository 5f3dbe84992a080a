meta:
  id: ms_pccrr_request
  title: 'BranchCache retrieval protocol, request'
  license: Apache-2.0
  ks-version: 0.11
  endian: be
doc: |
  Request of a client to a peer or hosted cache: the body of an HTTP POST.

  Generated from the tables of https://github.com/hostedcache/pchc: do not edit.
doc-ref: '[MS-PCCRR] 2.2.4'
seq:
  - id: message_header
    -orig-id: MESSAGE_HEADER
    type: message_header
    doc: 'Version, type and length of the message.'
  - id: body
    type:
      switch-on: message_header.msg_type
      cases:
        'msg_type::msg_nego_req': msg_nego_req
        'msg_type::msg_getblklist': msg_getblklist
        'msg_type::msg_getblks': msg_getblks
        'msg_type::msg_getseglist': msg_getseglist
        _: unknown
types:
  msg_nego_req:
    -orig-id: MSG_NEGO_REQ
    doc-ref: '[MS-PCCRR] 2.2.4.1'
    seq:
      - id: min_supported_protocol_version
        -orig-id: MinSupportedProtocolVersion
        type: supported_protocol_version
        doc: 'Lowest version that the sender speaks.'
        # PCCRR-2.2.4.1-Range
      - id: max_supported_protocol_version
        -orig-id: MaxSupportedProtocolVersion
        type: supported_protocol_version
        doc: 'Highest version that the sender speaks.'
      - id: trailing
        -orig-id: Trailing
        size-eos: true
        valid:
          expr: '_.length == 0'
        doc: 'Bytes after the end of the message.'
        # PCCRR-2.1.1-OneMessage
  message_header:
    -orig-id: MESSAGE_HEADER
    doc-ref: '[MS-PCCRR] 2.2.3'
    seq:
      - id: prot_ver
        -orig-id: ProtVer
        type: prot_ver
        doc: 'Version of the protocol that first had this type of message.'
      - id: msg_type
        -orig-id: MsgType
        type: u4
        enum: msg_type
        valid:
          any-of: [msg_type::msg_nego_req, msg_type::msg_nego_resp, msg_type::msg_getblklist, msg_type::msg_getblks, msg_type::msg_blklist, msg_type::msg_blk, msg_type::msg_getseglist, msg_type::msg_seglist]
        doc: 'Type of the message, which determines its body.'
        # PCCRR-2.2.3-MsgType
        # PCCRR-2.1.1-Direction
      - id: msg_size
        -orig-id: MsgSize
        type: u4
        valid:
          expr: '_ == _io.size - _io.pos + 12'
        doc: 'Size of the message from its ProtVer on, in bytes.'
        # PCCRR-2.2.3-MsgSize
        # PCCRR-2.2.3-MsgSizeLimit
      - id: crypto_algo_id
        -orig-id: CryptoAlgoId
        type: u4
        enum: crypto_algo_id
        valid:
          any-of: [crypto_algo_id::no_encryption, crypto_algo_id::aes_128, crypto_algo_id::aes_192, crypto_algo_id::aes_256]
        doc: 'In a request the encryption that the client prefers, in MSG_BLK that of Block; otherwise without meaning.'
        # PCCRR-2.2.3-CryptoAlgoId
  prot_ver:
    -orig-id: ProtVer
    doc-ref: '[MS-PCCRR] 2.2.3'
    seq:
      - id: minor_version
        -orig-id: MinorVersion
        type: u2
        doc: 'Minor version; it precedes the major version.'
        # PCCRR-2.2.3-ProtVer
      - id: major_version
        -orig-id: MajorVersion
        type: u2
        doc: 'Major version: 2 in MSG_GETSEGLIST and MSG_SEGLIST, otherwise 1.'
        # PCCRR-2.2.3-ProtVer
  supported_protocol_version:
    -orig-id: SupportedProtocolVersion
    doc-ref: '[MS-PCCRR] 2.2.4.1'
    seq:
      - id: minor_version
        -orig-id: MinorVersion
        type: u2
        doc: 'Minor version; it precedes the major version.'
      - id: major_version
        -orig-id: MajorVersion
        type: u2
        doc: 'Major version.'
  msg_getblklist:
    -orig-id: MSG_GETBLKLIST
    doc-ref: '[MS-PCCRR] 2.2.4.2'
    seq:
      - id: size_of_segment_id
        -orig-id: SizeOfSegmentID
        type: u4
        doc: 'Size of SegmentID in bytes.'
        # PCCRR-2.2.4.2-SizeOfSegmentID
        # PCCRR-2.2.4.2-SegmentIDLength
      - id: segment_id
        -orig-id: SegmentID
        size: size_of_segment_id
        doc: 'HoHoDk of the segment.'
      - id: zero_pad
        -orig-id: ZeroPad
        size: '(4 - size_of_segment_id % 4) % 4'
        doc: 'Padding up to a multiple of 4 bytes.'
        # PCCRR-2.2-ZeroPad
      - id: needed_blocks_range_count
        -orig-id: NeededBlocksRangeCount
        type: u4
        doc: 'Number of NeededBlockRanges.'
        # PCCRR-2.2.4.2-NeededBlocksRangeCount
        # PCCRR-2.2.4.2-RangeCount
      - id: needed_block_ranges
        -orig-id: NeededBlockRanges
        type: block_range
        repeat: expr
        repeat-expr: needed_blocks_range_count
        doc: 'Ranges of blocks.'
      - id: trailing
        -orig-id: Trailing
        size-eos: true
        valid:
          expr: '_.length == 0'
        doc: 'Bytes after the end of the message.'
        # PCCRR-2.1.1-OneMessage
  block_range:
    -orig-id: BLOCK_RANGE
    doc-ref: '[MS-PCCRR] 2.2.1.1'
    seq:
      - id: index
        -orig-id: Index
        type: u4
        doc: 'Index of the first block in the segment.'
        # PCCRR-2.2.1.1-Index
      - id: count
        -orig-id: Count
        type: u4
        doc: 'Number of blocks.'
        # PCCRR-2.2.1.1-Count
        # PCCRR-2.2.4.3-OneBlock
  msg_getblks:
    -orig-id: MSG_GETBLKS
    doc-ref: '[MS-PCCRR] 2.2.4.3'
    seq:
      - id: size_of_segment_id
        -orig-id: SizeOfSegmentID
        type: u4
        doc: 'Size of SegmentID in bytes.'
        # PCCRR-2.2.4.3-SizeOfSegmentID
        # PCCRR-2.2.4.3-SegmentIDLength
      - id: segment_id
        -orig-id: SegmentID
        size: size_of_segment_id
        doc: 'HoHoDk of the segment.'
      - id: zero_pad
        -orig-id: ZeroPad
        size: '(4 - size_of_segment_id % 4) % 4'
        doc: 'Padding up to a multiple of 4 bytes.'
        # PCCRR-2.2-ZeroPad
      - id: req_block_range_count
        -orig-id: ReqBlockRangeCount
        type: u4
        doc: 'Number of ReqBlockRanges.'
        # PCCRR-2.2.4.3-ReqBlockRangeCount
        # PCCRR-2.2.4.3-RangeCount
        # PCCRR-2.2.4.3-OneBlock
      - id: req_block_ranges
        -orig-id: ReqBlockRanges
        type: block_range
        repeat: expr
        repeat-expr: req_block_range_count
        doc: 'Ranges of blocks.'
      - id: size_of_data_for_vrf_block
        -orig-id: SizeOfDataForVrfBlock
        type: u4
        doc: 'Size of DataForVrfBlock in bytes.'
        # PCCRR-2.2.4.3-SizeOfDataForVrfBlock
        # PCCRR-2.2.4.3-Vrf
      - id: data_for_vrf_block
        -orig-id: DataForVrfBlock
        size: size_of_data_for_vrf_block
        doc: 'Empty.'
      - id: trailing
        -orig-id: Trailing
        size-eos: true
        valid:
          expr: '_.length == 0'
        doc: 'Bytes after the end of the message.'
        # PCCRR-2.1.1-OneMessage
  msg_getseglist:
    -orig-id: MSG_GETSEGLIST
    doc-ref: '[MS-PCCRR] 2.2.4.4'
    seq:
      - id: request_id
        -orig-id: RequestID
        size: 16
        doc: 'Opaque identifier of the request, which the response repeats.'
      - id: count_of_segment_i_ds
        -orig-id: CountOfSegmentIDs
        type: u4
        doc: 'Number of SegmentIDs.'
        # PCCRR-2.2.4.4-CountOfSegmentIDs
      - id: segment_i_ds
        -orig-id: SegmentIDs
        type: segment_id
        repeat: expr
        repeat-expr: count_of_segment_i_ds
        doc: 'The segments that are asked for.'
      - id: size_of_extensible_blob
        -orig-id: SizeOfExtensibleBlob
        type: u4
        doc: 'Size of ExtensibleBlob in bytes.'
        # PCCRR-2.2.4.4-Blob
      - id: extensible_blob
        -orig-id: ExtensibleBlob
        size: size_of_extensible_blob
        doc: 'Ages of segments in the cache (MS-PCCRR 2.2.6), perhaps none.'
      - id: trailing
        -orig-id: Trailing
        size-eos: true
        valid:
          expr: '_.length == 0'
        doc: 'Bytes after the end of the message.'
        # PCCRR-2.1.1-OneMessage
  segment_id:
    -orig-id: SegmentID
    doc-ref: '[MS-PCCRR] 2.2.4.4'
    seq:
      - id: size_of_segment_id
        -orig-id: SizeOfSegmentID
        type: u4
        doc: 'Size of SegmentID in bytes.'
        # PCCRR-2.2.4.4-SizeOfSegmentID
        # PCCRR-2.2.4.4-SegmentIDLength
      - id: segment_id
        -orig-id: SegmentID
        size: size_of_segment_id
        doc: 'HoHoDk of the segment.'
      - id: zero_pad
        -orig-id: ZeroPad
        size: '(4 - size_of_segment_id % 4) % 4'
        doc: 'Padding up to a multiple of 4 bytes.'
        # PCCRR-2.2-ZeroPad
  unknown:
    -orig-id: UNKNOWN
    doc-ref: '[MS-PCCRR] 2.2.1'
    seq:
      - id: message_body
        -orig-id: MESSAGE_BODY
        size-eos: true
        doc: 'Body of a message of unknown type.'
enums:
  msg_type:
    0:
      id: msg_nego_req
      -orig-id: 'MSG_NEGO_REQ'
    1:
      id: msg_nego_resp
      -orig-id: 'MSG_NEGO_RESP'
    2:
      id: msg_getblklist
      -orig-id: 'MSG_GETBLKLIST'
    3:
      id: msg_getblks
      -orig-id: 'MSG_GETBLKS'
    4:
      id: msg_blklist
      -orig-id: 'MSG_BLKLIST'
    5:
      id: msg_blk
      -orig-id: 'MSG_BLK'
    6:
      id: msg_getseglist
      -orig-id: 'MSG_GETSEGLIST'
    7:
      id: msg_seglist
      -orig-id: 'MSG_SEGLIST'
  crypto_algo_id:
    0:
      id: no_encryption
      -orig-id: 'no encryption'
    1:
      id: aes_128
      -orig-id: 'AES-128'
    2:
      id: aes_192
      -orig-id: 'AES-192'
    3:
      id: aes_256
      -orig-id: 'AES-256'
