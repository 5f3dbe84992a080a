meta:
  id: ms_pchc_response
  title: 'BranchCache hosted cache protocol, response'
  license: Apache-2.0
  ks-version: 0.11
  endian: be
doc: |
  Reply of a hosted cache to an offer: the body of an HTTP response.

  Generated from the tables of https://github.com/hostedcache/pchc: do not edit.
doc-ref: '[MS-PCHC] 2.2.2'
seq:
  - id: transport_header
    -orig-id: TransportHeader
    type: transport_header
    doc: 'Length of the rest of the message.'
  - id: response_code
    -orig-id: ResponseCode
    type: u1
    enum: response_code
    valid:
      any-of: [response_code::ok, response_code::interested]
    doc: 'Reply of the hosted cache to the request.'
    # PCHC-2.2.2.2-ResponseCode
    # PCHC-2.2.2.2-Interested
  - id: trailing
    -orig-id: Trailing
    size-eos: true
    valid:
      expr: '_.length == 0'
    doc: 'Bytes after the end of the response.'
    # PCHC-2.2.2.2-Trailing
types:
  transport_header:
    -orig-id: TRANSPORT_HEADER
    doc-ref: '[MS-PCHC] 2.2.2.1'
    seq:
      - id: size
        -orig-id: Size
        type: u4
        valid:
          eq: 1
        doc: 'Number of bytes that follow this field.'
        # PCHC-2.2.2.1-Size
enums:
  response_code:
    0:
      id: ok
      -orig-id: 'OK'
    1:
      id: interested
      -orig-id: 'INTERESTED'
