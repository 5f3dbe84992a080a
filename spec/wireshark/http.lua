-- What there is to register, and where messages are: in HTTP and in SMB2.

local titles = { [mspchc] = "MS-PCHC", [mspccrc] = "MS-PCCRC", [mspccrr] = "MS-PCCRR", [mssmb2hash] = "MS-SMB2" }
local fields = {
  [mspchc] = { rule_field, truncated_field, rest_field },
  [mspccrr] = { plain_field, verified_field, state_field },
}
for _, field in pairs(blob_fields) do table.insert(fields[mspccrr], field) end
for _, layout in pairs(layouts) do
  local of = fields[layout.proto] or {}
  fields[layout.proto] = of
  of[#of + 1] = layout.item
  for _, field in ipairs(layout.fields) do
    of[#of + 1] = field.item
  end
end
for proto, of in pairs(fields) do proto.fields = of end

-- is_file_based returns which form a SRV_READ_HASH_RESPONSE has: that of the request,
-- or the one whose BufferLength fits, or the one that Buffer would begin with.
local function is_file_based(tvb, request)
  if request then return request == 2 end
  local size = tvb:len()
  local hash = size >= 16 and tvb(8, 4):le_uint() == size - 16
  local file = size >= 24 and tvb(16, 4):le_uint() == size - 24
  if hash ~= file then return file end
  if size < 24 then return false end
  local buffer = tvb(24):raw()
  return buffer:sub(1, 2) == "\0\2" or buffer:sub(1, 8) == "\1\0\0\0\2\0\0\0"
end

-- dissect shows all of tvb as a message of the given kind. request is the Type or
-- HashRetrievalType of the request that a response answers, nil where it is not known.
local function dissect(kind, tvb, pinfo, tree, request)
  if tvb:len() == 0 then return 0 end
  local layout
  for _, message in ipairs(messages[kind]) do
    local mark = message.mark
    if message.at + #mark <= tvb:len() and (mark == "" or tvb(message.at, #mark):raw() == mark)
      and (not message.file_based or is_file_based(tvb, request)) then
      layout = layouts[message.layout]
      break
    end
  end
  pinfo.cols.protocol = titles[layout.proto]
  pinfo.cols.info:append(" " .. layout.name)
  setmetatable({
    tvb = tvb, pos = 0, stop = tvb:len(), limited = tvb:len() < tvb:reported_len(), reported = tvb:len(),
    kind = kind, layout = layout, message = layout.name, request = request, scopes = {}, around = {},
  }, Walk):structure(layout, nil, tree)
  return tvb:len()
end

-- The exchange of HTTP around a body.

local http_method = Field.new("http.request.method")
local http_uri = Field.new("http.request.uri")
local http_code = Field.new("http.response.code")
local http_request_in = Field.new("http.request_in")
local http_response_for = Field.new("http.response_for.uri")
local http_encoding = Field.new("http.content_encoding")
local data_field = Field.new("data.data")
local http_field = Field.new("http")

-- last returns the value of a field of the HTTP message at hand, which is the
-- last one that the frame has so far.
local function last(field)
  local all = { field() }
  return #all > 0 and all[#all].value or nil
end

-- protocol returns the protocol that has its messages at a path, "pchc" or
-- "retrieval", nil for none. Those of MS-PCCRR are also below theirs.
local function protocol(uri)
  if not uri then return nil end
  local path = uri:lower():gsub("[?#].*$", ""):gsub("^%a[%w+.-]*://[^/]*", ""):gsub("/$", "")
  return paths[path] or (path .. "/"):find(retrieval_path, 1, true) == 1 and "retrieval" or nil
end

-- requests has by frame the protocol of the request in it, and its Type, 0 where it is
-- not known or there are several.
local requests = {}
function mspchc.init() requests = {} end

-- exchange returns what kind of message an HTTP body is, nil for one of others,
-- and for a response the Type of its request where that is known.
local function exchange(tvb, pinfo)
  local code = last(http_code)
  if code then
    local request_in = last(http_request_in)
    local request = request_in and requests[request_in]
    local of = protocol(last(http_response_for)) or request and request.protocol
    if code < 200 or code > 299 or not of then return nil end
    if of == "retrieval" then return "retrieval_response" end
    return "response", request and request.type ~= 0 and request.type or nil
  end
  local of = protocol(last(http_uri))
  if last(http_method) ~= "POST" or not of then return nil end
  local kind = tvb:len() >= 4 and tvb(2, 2):uint() or 0
  local before = requests[pinfo.number]
  requests[pinfo.number] = { protocol = of, type = (before == nil or before.type == kind) and kind or 0 }
  return of == "retrieval" and "retrieval_request" or "request"
end

local function http_body(tvb, pinfo, tree)
  local kind, request = exchange(tvb, pinfo)
  return kind ~= nil and dissect(kind, tvb, pinfo, tree, request) > 0
end

-- A dissector that is called without HTTP around, or on another path, looks at the
-- first bytes.
function mspchc.dissector(tvb, pinfo, tree)
  local kind, request = exchange(tvb, pinfo)
  if kind ~= "request" and kind ~= "response" then
    local response = tvb:len() < 8 or tvb(0, 2):uint() == 0
    kind = response and "response" or "request"
  end
  return dissect(kind, tvb, pinfo, tree, request)
end

function mspccrr.dissector(tvb, pinfo, tree)
  local response = tvb:len() >= 4 and tvb(0, 4):uint() == tvb:reported_len() - 4
  return dissect(response and "retrieval_response" or "retrieval_request", tvb, pinfo, tree)
end

function mssmb2hash.dissector(tvb, pinfo, tree)
  return dissect(tvb:reported_len() == 24 and "hash_request" or "hash_response", tvb, pinfo, tree)
end

local function content(tvb, pinfo, tree)
  local second = tvb:len() > 1 and tvb(1, 1):uint()
  return dissect(second == 2 and "content_v2" or "content_v1", tvb, pinfo, tree)
end
mspccrc.dissector = content

-- Names for one direction, for other dissectors.
for name, kind in pairs({
  mspchc_request = "request", mspchc_response = "response",
  mspccrr_request = "retrieval_request", mspccrr_response = "retrieval_response",
  mssmb2hash_request = "hash_request", mssmb2hash_response = "hash_response",
}) do
  local proto = Proto(name, "MS-" .. name:sub(3):upper():gsub("_", " "))
  function proto.dissector(tvb, pinfo, tree) return dissect(kind, tvb, pinfo, tree) end
  DissectorTable.get("media_type"):add_for_decode_as(proto)
end

mspchc:register_heuristic("http", http_body)

local media_types = DissectorTable.get("media_type")
for _, proto in ipairs({ mspchc, mspccrc, mspccrr }) do
  media_types:add_for_decode_as(proto)
end

-- A body whose media type has a dissector never reaches the heuristics. The protocols
-- need no media type, but tools and servers set these, so look at the path first.
for i, media_type in ipairs({
  "application/octet-stream", "application/x-www-form-urlencoded", "text/plain", "text/html",
}) do
  local original = media_types:get_dissector(media_type)
  if original then
    local first = Proto("mspchc_media_" .. i, "BranchCache or " .. media_type)
    function first.dissector(tvb, pinfo, tree)
      if http_body(tvb, pinfo, tree) then return tvb:len() end
      return original:call(tvb, pinfo, tree)
    end
    media_types:add(media_type, first)
  end
end

-- Wireshark asks no other dissector about a body with Content-Encoding peerdist, nor
-- about the buffers of an FSCTL that it does not know. It shows their bytes, and after
-- all others this dissector shows what they mean.
local smb2_function = Field.new("smb2.ioctl.function")
local smb2_in = Field.new("smb2.ioctl.in")
local smb2_out = Field.new("smb2.ioctl.out")
local read_hash = 0x001441bb

local late = Proto("mspccrc_late", "BranchCache in HTTP bodies with Content-Encoding peerdist and in SMB2")
function late.dissector(_, pinfo, tree)
  local wanted = false
  for _, f in ipairs({ http_encoding() }) do wanted = wanted or f.value:lower() == "peerdist" end
  for _, f in ipairs({ smb2_function() }) do wanted = wanted or f.value == read_hash end
  if not wanted then return end
  local encoded, hashes = false, false -- whether that is what the message around says
  for _, f in ipairs({ all_field_infos() }) do
    if f.name == "http" then
      encoded = false
    elseif f.name == "http.content_encoding" then
      encoded = f.value:lower() == "peerdist"
    elseif f.name == "data.data" and encoded then
      content(f.range:tvb(), pinfo, tree)
      encoded = false
    elseif f.name == "smb2.ioctl.function" then
      hashes = f.value == read_hash
    elseif hashes and f.len > 0 and f.name == "smb2.ioctl.in" then
      dissect("hash_request", f.range:tvb(), pinfo, tree)
    elseif hashes and f.len > 0 and f.name == "smb2.ioctl.out" then
      dissect("hash_response", f.range:tvb(), pinfo, tree)
    end
  end
end
register_postdissector(late)
