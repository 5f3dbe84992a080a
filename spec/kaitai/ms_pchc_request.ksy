meta:
  id: ms_pchc_request
  title: 'BranchCache hosted cache protocol, request'
  license: Apache-2.0
  ks-version: 0.11
  imports:
    - ms_pccrc_v1
  endian: be
doc: |
  Offer of a client to its hosted cache: the body of an HTTP POST.

  Generated from the tables of https://github.com/hostedcache/pchc: do not edit.
doc-ref: '[MS-PCHC] 2.2.1'
seq:
  - id: message_header
    -orig-id: MessageHeader
    type: message_header
    doc: 'Version and type of the message.'
  - id: connection_information
    -orig-id: ConnectionInformation
    type: connection_information
    doc: 'Port of the client.'
  - id: body
    type:
      switch-on: message_header.type
      cases:
        'type::initial_offer_message': initial_offer_message
        'type::segment_info_message': segment_info_message
        'type::batched_offer_message': batched_offer_message
        _: unknown
types:
  initial_offer_message:
    -orig-id: INITIAL_OFFER_MESSAGE
    doc-ref: '[MS-PCHC] 2.2.1.3'
    seq:
      - id: hash
        -orig-id: Hash
        size-eos: true
        valid:
          expr: '_.length == 32 or _.length == 48 or _.length == 64'
        doc: 'HoHoDk of the offered segment, to the end of the message.'
        # PCHC-2.2.1.3-Hash
  message_header:
    -orig-id: MESSAGE_HEADER
    doc-ref: '[MS-PCHC] 2.2.1.1'
    seq:
      - id: minor_version
        -orig-id: MinorVersion
        type: u1
        valid:
          eq: 0
        doc: 'Minor version; it precedes the major version.'
        # PCHC-2.2.1.1-MinorVersion
      - id: major_version
        -orig-id: MajorVersion
        type: u1
        enum: major_version
        valid:
          any-of: [major_version::version_1_0, major_version::version_2_0]
        doc: 'Major version: 1 over HTTPS, 2 over HTTP.'
        # PCHC-2.2.1.1-MajorVersion
      - id: type
        -orig-id: Type
        type: u2
        enum: type
        valid:
          expr: '(_ == type::initial_offer_message or _ == type::segment_info_message or _ == type::batched_offer_message) and (major_version != major_version::version_2_0 or _ == type::batched_offer_message) and (major_version != major_version::version_2_0 or _ == type::batched_offer_message) and (major_version != major_version::version_1_0 or _ == type::initial_offer_message or _ == type::segment_info_message)'
        doc: 'Type of the message, which determines its body.'
        # PCHC-2.2.1.1-Type
        # PCHC-2.2.1.3-Version
        # PCHC-2.2.1.4-Version
        # PCHC-2.2.1.5-Version
      - id: padding
        -orig-id: Padding
        size: 4
        doc: 'Arbitrary bytes, ignored by the receiver.'
  connection_information:
    -orig-id: CONNECTION_INFORMATION
    doc-ref: '[MS-PCHC] 2.2.1.2'
    seq:
      - id: port
        -orig-id: Port
        type: u2
        doc: 'TCP port on which the client serves the offered blocks (MS-PCCRR).'
        # PCHC-2.2.1.2-Port
      - id: padding
        -orig-id: Padding
        size: 6
        doc: 'Arbitrary bytes, ignored by the receiver.'
  segment_info_message:
    -orig-id: SEGMENT_INFO_MESSAGE
    doc-ref: '[MS-PCHC] 2.2.1.4'
    seq:
      - id: content_tag
        -orig-id: ContentTag
        size: 16
        doc: 'Opaque tag of the higher layer that downloaded the content.'
      - id: segment_information
        -orig-id: SegmentInformation
        type: ms_pccrc_v1
        doc: 'Content Information 1.0 with the one offered segment and its block hashes.'
  batched_offer_message:
    -orig-id: BATCHED_OFFER_MESSAGE
    doc-ref: '[MS-PCHC] 2.2.1.5'
    seq:
      - id: segment_descriptor
        -orig-id: SegmentDescriptor
        type: segment_descriptor
        repeat: eos
        doc: '1 to 128 descriptors, one for each offered segment, to the end of the message.'
        # PCHC-2.2.1.5-MinDescriptors
  segment_descriptor:
    -orig-id: SegmentDescriptor
    doc-ref: '[MS-PCHC] 2.2.1.5'
    seq:
      - id: block_size
        -orig-id: BlockSize
        type: u4
        doc: 'Size of each block in bytes.'
        # PCHC-2.2.1.5-BlockSize
      - id: segment_size
        -orig-id: SegmentSize
        type: u4
        doc: 'Size of the segment in bytes.'
        # PCHC-2.2.1.5-SegmentSize
      - id: size_of_content_tag
        -orig-id: SizeOfContentTag
        type: u2
        valid:
          eq: 16
        doc: 'Size of ContentTag in bytes.'
        # PCHC-2.2.1.5-SizeOfContentTag
      - id: content_tag
        -orig-id: ContentTag
        size: size_of_content_tag
        doc: 'Opaque tag of the higher layer that downloaded the content.'
      - id: hash_algorithm
        -orig-id: HashAlgorithm
        type: u1
        enum: hash_algorithm
        valid:
          any-of: [hash_algorithm::sha_256, hash_algorithm::truncated_sha_512]
        doc: 'Hash function of SegmentHoHoDk.'
        # PCHC-2.2.1.5-HashAlgorithm
      - id: segment_ho_ho_dk
        -orig-id: SegmentHoHoDk
        size: 32
        doc: 'Public identifier of the segment.'
  unknown:
    -orig-id: UNKNOWN
    doc-ref: '[MS-PCHC] 2.2.1'
    seq:
      - id: message_body
        -orig-id: MessageBody
        size-eos: true
        doc: 'Body of a message of unknown type.'
enums:
  major_version:
    1:
      id: version_1_0
      -orig-id: 'version 1.0'
    2:
      id: version_2_0
      -orig-id: 'version 2.0'
  type:
    1:
      id: initial_offer_message
      -orig-id: 'INITIAL_OFFER_MESSAGE'
    2:
      id: segment_info_message
      -orig-id: 'SEGMENT_INFO_MESSAGE'
    3:
      id: batched_offer_message
      -orig-id: 'BATCHED_OFFER_MESSAGE'
  hash_algorithm:
    1:
      id: sha_256
      -orig-id: 'SHA-256'
    4:
      id: truncated_sha_512
      -orig-id: 'Truncated SHA-512'
