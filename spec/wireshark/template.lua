-- Wireshark dissector for the BranchCache hosted cache protocol, MS-PCHC, and for
-- the Content Information of MS-PCCRC.
--
-- Generated from the tables of https://github.com/hostedcache/pchc: do not edit.
-- Put it into the folder of Wireshark's personal Lua plugins (Help, About
-- Wireshark, Folders), or pass it to tshark:
-- tshark -X lua_script:pchc.lua -r capture.pcapng -V mspchc
--
-- HTTP bodies are dissected on any port if the path is one of the two of the
-- protocol. For other bodies use Decode As, field "Internet media type". Other
-- dissectors can call mspchc, mspchc_request, mspchc_response and mspccrc by name.
-- For a capture of bare messages (link type USER0 and so on) set them in the
-- preferences of DLT_USER.
--
-- Rules that compare fields with each other are not checked.
--
-- Licensed under the Apache License, Version 2.0.

local mspchc = Proto("mspchc", "BranchCache Hosted Cache Protocol (MS-PCHC)")
local mspccrc = Proto("mspccrc", "BranchCache Content Information (MS-PCCRC)")

mspccrc.prefs.show_secrets = Pref.bool("Show segment secrets", false,
  "Whether to show SegmentSecret, the key that protects a segment between peers")

local rule_field = ProtoField.string("mspchc.rule", "Violated rule", base.ASCII,
  "ID of a rule of MS-PCHC or MS-PCCRC that the field violates")
local truncated_field = ProtoField.bytes("mspchc.truncated", "Truncated", base.NONE,
  "Bytes present of a truncated integer")
local rest_field = ProtoField.bytes("mspchc.rest", "Rest", base.NONE,
  "Bytes outside of any field")

local experts = {
  format = ProtoExpert.new("mspchc.violation.format", "Violation of a format rule",
    expert.group.MALFORMED, expert.severity.ERROR),
  sender = ProtoExpert.new("mspchc.violation.sender", "Violation of a sender rule",
    expert.group.PROTOCOL, expert.severity.WARN),
}
mspchc.experts = { experts.format, experts.sender }

--@TABLES@

-- Everything below reads the tables above.

local fields = { [mspchc] = { rule_field, truncated_field, rest_field }, [mspccrc] = {} }
for _, layout in pairs(layouts) do
  local of = fields[layout.proto]
  of[#of + 1] = layout.item
  for _, field in ipairs(layout.fields) do
    of[#of + 1] = field.item
  end
end
mspchc.fields = fields[mspchc]
mspccrc.fields = fields[mspccrc]

-- The checks of rules: each returns whether node n keeps the rule. Rules about
-- bytes that were not captured are not checked.
local checks = {}

function checks.one_of(_, rule, n)
  for _, v in ipairs(rule) do
    if n.value == v then return true end
  end
  return false
end

function checks.between(_, rule, n) return rule[1] <= n.value and n.value <= rule[2] end

function checks.length_in(walk, rule, n)
  for _, v in ipairs(rule) do
    if n.length == v then return true end
  end
  return walk.limited
end

function checks.absent() return false end

function checks.not_empty(walk, _, n) return n.count > 0 or walk.limited end

function checks.at_most(_, rule, n) return n.index ~= rule[1] end

function checks.answer_only(walk, rule, n)
  return n.value ~= rule[1] or not walk.request or walk.request == rule[2]
end

function checks.backed(walk, rule, n)
  if n.value == 0 then return false end
  local hash = rule.hashes > 0 and walk:hash_length(rule.by) or 0
  if rule.hashes > 0 and hash == 0 then return true end -- unknown hash function
  local size = rule.bytes + rule.hashes * hash
  if rule.counts_bytes then
    if n.value % size ~= 0 then return false end
    size = 1
  end
  return n.value * size <= walk.stop - walk.pos or walk.limited
end

-- A walk reads one message: pos is the next byte, stop where the bytes end, and
-- scopes are the integers read so far in the structures around pos.
local Walk = {}
Walk.__index = Walk

function Walk:lookup(name)
  for i = #self.scopes, 1, -1 do
    local value = self.scopes[i][name]
    if value then return value end
  end
end

function Walk:hash_length(by)
  local value = self:lookup(by)
  return value and hash_lengths[by][value]
end

-- size returns the bytes of a leaf, nil if an unknown hash function decides.
function Walk:size(extent)
  if extent.bytes then return extent.bytes end
  if extent.bytes_by then return self:lookup(extent.bytes_by) end
  if extent.hash_by then return self:hash_length(extent.hash_by) end
  return self.stop - self.pos
end

function Walk:binds(rule)
  return (not rule.message or rule.message == self.message)
    and (not rule.when or self:lookup(rule.when) == rule.equals)
end

function Walk:report(id, tree, from, length)
  local item = tree:add(rule_field, self.tvb(from, length), id)
  item:set_generated()
  item:add_proto_expert_info(experts[rules[id].class], id .. ": " .. rules[id].text)
end

-- judge reports the first of the rules that n breaks.
function Walk:judge(list, n)
  for _, rule in ipairs(list or {}) do
    if self:binds(rule) and not checks[rule.check](self, rule, n) then
      self:report(rule.id, n.item, n.from, n.length)
      return
    end
  end
end

-- hide stands for bytes that are or may be a secret.
function Walk:hide(tree, label, length)
  tree:add(self.tvb(self.pos, 0), ("%s: hidden, %d bytes (preference mspccrc.show_secrets)"):format(label, length))
end

function Walk:truncated(field, layout, label, tree, left)
  self.done = true
  if left > 0 then
    if field.secret and not mspccrc.prefs.show_secrets then
      self:hide(tree, label, left)
    elseif field.form == "integer" then
      tree:add(truncated_field, self.tvb(self.pos, left)):prepend_text(label .. ": ")
    else
      tree:add(field.item, self.tvb(self.pos, left)):append_text(" (truncated)")
    end
  end
  local cut = layout.truncated
  if cut and field.form ~= "list" and self:binds(cut) and not self.limited then
    self:report(cut.id, tree, self.pos, left)
  end
  self.pos = self.stop
end

function Walk:rest(label, tree)
  local left = self.stop - self.pos
  if left > 0 then
    if not mspccrc.prefs.show_secrets then
      self:hide(tree, label, left)
    else
      tree:add(rest_field, self.tvb(self.pos, left))
    end
  end
  self.pos = self.stop
end

-- leaf reads a byte string or an integer.
function Walk:leaf(field, extent, layout, label, tree)
  local left, size = self.stop - self.pos, self:size(extent)
  if not size then
    self:rest("Rest", tree)
    self.done = true
    return
  end
  if size > left then
    return self:truncated(field, layout, label, tree, left)
  end
  local range = self.tvb(self.pos, size)
  local n = { from = self.pos, length = size }
  if field.form == "integer" then
    local whole
    if size <= 4 then
      n.value = field.little and range:le_uint() or range:uint()
    else
      whole = field.little and range:le_uint64() or range:uint64()
      n.value = tonumber(tostring(whole))
    end
    n.item = field.little and tree:add_le(field.item, range) or tree:add(field.item, range)
    if field.meanings and field.meanings[n.value] then
      n.item:append_text(" (" .. field.meanings[n.value] .. ")")
    end
    self.scopes[#self.scopes][field.name] = n.value
  elseif field.secret and not mspccrc.prefs.show_secrets then
    self:hide(tree, label, size)
    n.item = tree
  else
    n.item = tree:add(field.item, range)
    if label ~= field.name then
      n.item:set_text(label .. ": " .. range:bytes():tohex(true))
    end
    if field.tag then
      n.item:append_text(" (" .. (content_tags[range:raw()] or "Other") .. ")")
    end
  end
  self.pos = self.pos + size
  self:judge(field.rules, n)
end

-- list reads the elements of a field. Those of one with a length in bytes have
-- that many bytes, as far as they are there.
function Walk:list(field, layout, tree)
  local extent, outer = field.extent, self.stop
  local n = { item = tree, from = self.pos, length = 0, count = 0 }
  local count, to_end = math.huge, false
  if extent.elements_by then
    count = self:lookup(extent.elements_by)
  elseif extent.bytes_by then
    local length = self:lookup(extent.bytes_by)
    if length <= self.stop - self.pos then
      self.stop = self.pos + length
      count = math.floor(length / extent.element)
    end
  else
    to_end = true
  end
  while not self.done and n.count < count and not (to_end and self.pos >= self.stop) do
    local label = ("%s[%d]"):format(field.name, n.count)
    if field.of then
      self:structure(layouts[field.of], label, tree, n.count)
    else
      self:leaf(field, field.element, layout, label, tree)
    end
    n.count = n.count + 1
  end
  if self.done then return end
  self:judge(field.rules, n)
  if self.pos < self.stop and extent.bytes_by then
    self:rest("Rest", tree)
  end
  self.stop = outer
end

function Walk:structure(layout, label, tree, index)
  local from = self.pos
  local item = tree
  if from < self.stop then
    item = tree:add(layout.item or layout.proto, self.tvb(from, self.stop - from))
    if label then item:set_text(label) end
  end
  local scope = {}
  self.scopes[#self.scopes + 1] = scope
  self:judge(layout.each, { item = item, from = from, length = 0, index = index })
  for _, field in ipairs(layout.fields) do
    if self.done then break end
    if field.form == "structure" then
      self:structure(layouts[field.of], field.name, item)
    elseif field.form == "list" then
      self:list(field, layout, item)
    elseif not (field.optional and self.pos == self.stop) then
      self:leaf(field, field.extent, layout, field.name, item)
    end
  end
  self.scopes[#self.scopes] = nil
  if not index and #self.scopes > 0 then -- others may need its values
    local around = self.scopes[#self.scopes]
    for name, value in pairs(scope) do
      if around[name] == nil then around[name] = value end
    end
  end
  if from < self.pos then item:set_len(self.pos - from) end
end

-- dissect shows all of tvb as a message of the given kind. request is the Type of
-- the request that a response answers, nil where it is not known.
local function dissect(kind, tvb, pinfo, tree, request)
  if tvb:len() == 0 then return 0 end
  local layout
  for _, message in ipairs(messages[kind]) do
    local mark = message.mark
    if message.at + #mark <= tvb:len() and (mark == "" or tvb(message.at, #mark):raw() == mark) then
      layout = layouts[message.layout]
      break
    end
  end
  pinfo.cols.protocol = kind:find("^content") and "MS-PCCRC" or "MS-PCHC"
  pinfo.cols.info:append(" " .. layout.name)
  setmetatable({
    tvb = tvb, pos = 0, stop = tvb:len(), limited = tvb:len() < tvb:reported_len(),
    message = layout.name, request = request, scopes = {},
  }, Walk):structure(layout, nil, tree)
  return tvb:len()
end

-- The exchange of HTTP around a body.

local http_method = Field.new("http.request.method")
local http_uri = Field.new("http.request.uri")
local http_code = Field.new("http.response.code")
local http_request_in = Field.new("http.request_in")
local http_response_for = Field.new("http.response_for.uri")

-- last returns the value of a field of the HTTP message at hand, which is the
-- last one that the frame has so far.
local function last(field)
  local all = { field() }
  return #all > 0 and all[#all].value or nil
end

local function is_path(uri)
  if not uri then return false end
  local path = uri:lower():gsub("[?#].*$", ""):gsub("^%a[%w+.-]*://[^/]*", ""):gsub("/$", "")
  return paths[path] == true
end

-- requests has by frame the Type of the request in it, 0 where it is not known or
-- there are several.
local requests = {}
function mspchc.init() requests = {} end

-- exchange returns what kind of message an HTTP body is, nil for one of others,
-- and for a response the Type of its request where that is known.
local function exchange(tvb, pinfo)
  local code = last(http_code)
  if code then
    local request_in = last(http_request_in)
    local request = request_in and requests[request_in]
    if code < 200 or code > 299 or not (request or is_path(last(http_response_for))) then return nil end
    return "response", request ~= 0 and request or nil
  end
  if last(http_method) ~= "POST" or not is_path(last(http_uri)) then return nil end
  local kind = tvb:len() >= 4 and tvb(2, 2):uint() or 0
  local before = requests[pinfo.number]
  requests[pinfo.number] = (before == nil or before == kind) and kind or 0
  return "request"
end

local function http_body(tvb, pinfo, tree)
  local kind, request = exchange(tvb, pinfo)
  return kind ~= nil and dissect(kind, tvb, pinfo, tree, request) > 0
end

function mspchc.dissector(tvb, pinfo, tree)
  local kind, request = exchange(tvb, pinfo)
  if not kind then -- not over HTTP, or on another path
    local response = tvb:len() < 8 or tvb(0, 2):uint() == 0
    kind = response and "response" or "request"
  end
  return dissect(kind, tvb, pinfo, tree, request)
end

function mspccrc.dissector(tvb, pinfo, tree)
  local second = tvb:len() > 1 and tvb(1, 1):uint()
  return dissect(second == 2 and "content_v2" or "content_v1", tvb, pinfo, tree)
end

-- Names for one direction, for other dissectors.
local mspchc_request = Proto("mspchc_request", "MS-PCHC request")
function mspchc_request.dissector(tvb, pinfo, tree) return dissect("request", tvb, pinfo, tree) end
local mspchc_response = Proto("mspchc_response", "MS-PCHC response")
function mspchc_response.dissector(tvb, pinfo, tree) return dissect("response", tvb, pinfo, tree) end

mspchc:register_heuristic("http", http_body)

local media_types = DissectorTable.get("media_type")
for _, proto in ipairs({ mspchc, mspccrc, mspchc_request, mspchc_response }) do
  media_types:add_for_decode_as(proto)
end

-- A body whose media type has a dissector never reaches the heuristics. MS-PCHC
-- needs no media type, but tools and servers set these, so look at the path first.
for i, media_type in ipairs({
  "application/octet-stream", "application/x-www-form-urlencoded", "text/plain", "text/html",
}) do
  local original = media_types:get_dissector(media_type)
  if original then
    local first = Proto("mspchc_media_" .. i, "MS-PCHC or " .. media_type)
    function first.dissector(tvb, pinfo, tree)
      if http_body(tvb, pinfo, tree) then return tvb:len() end
      return original:call(tvb, pinfo, tree)
    end
    media_types:add(media_type, first)
  end
end
