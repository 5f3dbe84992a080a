-- The rules of MS-PCCRD. judge_discovery(s, report) calls report with the ID of each rule that
-- a message violates, and where the element is, or should be: bytes from 1.
local pccrd = { anonymous = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous",
  discovery = "http://schemas.xmlsoap.org/ws/2005/04/discovery", probe_to = "urn:schemas-xmlsoap-org:ws:2005:04:discovery",
  rule2 = "http://schemas.microsoft.com/p2p/2010/05/PeerDistV2MatchingRule" }

-- row returns the row of the tables for an element in one of that name.
function pccrd.row(inside, e)
  local row = discovery[inside .. "/" .. e.name]
  return row and row.namespace == e.uri and row or nil
end

function pccrd.find(e, path)
  for name in path:gmatch("[^.]+") do
    local found
    for _, c in ipairs(e and e.children or {}) do
      if not found and c.name == name and pccrd.row(e.name, c) then found = c end
    end
    e = found
  end
  return e
end

function pccrd.value(e, path)
  local found = pccrd.find(e, path)
  return found and xml.value(found) or nil
end

function pccrd.attribute(e, name)
  for _, a in ipairs(e and e.attributes or {}) do
    if a.prefix == "" and a.name == name then return a.value:match("^[ \t\r\n]*(.-)[ \t\r\n]*$") end
  end
end

function pccrd.words(e)
  local all = {}
  for word in (e and e.text or ""):gmatch("[^ \t\r\n]+") do all[#all + 1] = word end
  return all
end

-- number returns a number of so many bits, nil if it is none.
function pccrd.number(s, bits)
  local digits = s and s:match("^0*(%d+)$")
  local n = digits and #digits <= 10 and tonumber(digits)
  return n and n < 2 ^ bits and n or nil
end

-- base64 returns what an element has in base64, nil if it is none.
function pccrd.base64(e)
  if not e then return nil end
  local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  local s, out = table.concat(pccrd.words(e)), {}
  if #s % 4 ~= 0 or s:find("=[^=]") or s:find("===", 1, true) or s:find("[^%w+/=]") then return nil end
  for four in s:gmatch("....") do
    local v, pads = 0, select(2, four:gsub("=", ""))
    for i = 1, 4 do v = v * 64 + (alphabet:find(four:sub(i, i), 1, true) or 1) - 1 end
    if v % 256 ^ pads ~= 0 then return nil end
    out[#out + 1] = string.char(math.floor(v / 65536), math.floor(v / 256) % 256, v % 256):sub(1, 3 - pads)
  end
  return table.concat(out)
end

-- hexadecimal returns the lengths of the HoHoDks of version 1.0, nil if they are wrong.
function pccrd.hexadecimal(e)
  local lengths = {}
  for _, word in ipairs(pccrd.words(e)) do
    if #word % 2 == 1 or word:find("[^%x]") then return nil end
    lengths[#lengths + 1] = #word / 2
  end
  return #lengths > 0 and lengths or nil
end

-- version returns that which Types says, nil if it is wrong.
function pccrd.version(e)
  local types = pccrd.find(e, "Types")
  local prefix, name = (types and xml.value(types) or ""):match("^([^:]+):(.*)$")
  if not prefix then prefix, name = "", types and xml.value(types) end
  if not types or xml.namespace(types, prefix) ~= discovery_namespace then return nil end
  return name == "PeerDistData" and 1 or name == "PeerDistDataV2" and 2 or nil
end

-- blob returns the rule of the extensible blob (MS-PCCRR 2.2.6) that b violates.
function pccrd.blob(b)
  local units, count = b:byte(3, 4)
  if #b == 0 then return nil end
  if #b == 1 then return "PCCRR-2.2.6-Truncated" end
  if b:sub(1, 2) ~= "\0\1" then return "PCCRR-2.2.6-Version" end
  if #b < 4 then return "PCCRR-2.2.6.1-Truncated" end
  if units == 0 or units > 4 then return "PCCRR-2.2.6.1-SegmentAgeUnits" end
  if #b < 4 + 4 * count then return "PCCRR-2.2.6.1-SegmentAgeCount" end
  return units ~= 3 and "PCCRR-2.2.6.1-Units" or nil
end

-- host_port returns whether s is a host and a port, without a scheme or a path.
function pccrd.host_port(s)
  local host, port = s:match("^(.+):(%d+)$")
  port = pccrd.number(port, 16)
  if not host or not port or port == 0 or s:find("[/?#@]") then return false end
  return not host:find(":", 1, true) or host:find("^%[.*%]$") ~= nil
end

-- envelope reports elements that are missing, there twice, or where they do not belong. It
-- returns the Probe or ProbeMatches.
function pccrd.envelope(root, length, fault)
  local messages = {}
  local function look(e, row)
    local seen = {}
    for _, c in ipairs(e.children) do
      local known = pccrd.row(e.name, c)
      if row.leaf then
        fault(c.from)
      elseif not known then
        if e.name == "Body" then fault(c.from) end
      else
        if e.name == "Body" and #messages > 0 or not known.repeated and seen[c.name] then fault(c.from) end
        seen[c.name] = true
        if e.name == "Body" then messages[#messages + 1] = c end
        look(c, known)
      end
    end
    if e.name == "ProbeMatches" and not seen.ProbeMatch then fault(e.closing) end
  end
  local row = pccrd.row("", root)
  if row then look(root, row) else fault(root.from) end
  if #messages == 0 then fault(length + 1) end
  return messages[1]
end

local function judge_discovery(s, report)
  local root = xml.parse(s)
  if not root then return report("PCCRD-2.1-XML", 1) end
  local malformed = false
  local message = pccrd.envelope(root, #s, function(at)
    malformed = true
    report("PCCRD-2.2.1-Envelope", at)
  end)
  if not message or message ~= pccrd.find(root, "Body." .. message.name) then return end
  -- check reports a rule at an element, or where it should be.
  local function check(ok, rule, e, path)
    local found = pccrd.find(e, path)
    if not ok then report(rule, found and found.from or e.closing) end
  end
  local function format(ok, ...) check(ok or malformed, ...) end

  local probe, header = message.name == "Probe", pccrd.find(root, "Header")
  local around = header or root
  check(pccrd.value(header, "To") == (probe and pccrd.probe_to or pccrd.anonymous), "PCCRD-2.2.1-To", around, "To")
  check(pccrd.value(header, "Action") == pccrd.discovery .. "/" .. message.name, "PCCRD-2.2.1-Action", around, "Action")
  check((pccrd.value(header, "MessageID") or "") ~= "", "PCCRD-2.2.1-MessageID", around, "MessageID")
  if not probe then
    local sequence = pccrd.find(header, "AppSequence")
    check((pccrd.value(header, "RelatesTo") or "") ~= "", "PCCRD-2.2.1-RelatesTo", around, "RelatesTo")
    check(pccrd.number(pccrd.attribute(sequence, "InstanceId"), 32) and pccrd.number(pccrd.attribute(sequence, "MessageNumber"), 32),
      "PCCRD-2.2.3.6-AppSequence", around, "AppSequence")
  end

  local function lengths(e, all)
    for _, n in ipairs(all or {}) do
      if n ~= 32 and n ~= 48 and n ~= 64 then return check(false, "PCCRD-2.2.3.3-HoHoDkLength", e, "Scopes") end
    end
  end
  local function part(e)
    if not probe then
      local address, all = pccrd.value(e, "EndpointReference.Address") or "", pccrd.words(pccrd.find(e, "XAddrs"))
      check(address:find("^urn:uuid:") or address:find("^uuid:"), "PCCRD-2.2.3.4-Address", e, "EndpointReference.Address")
      local right = #all > 0
      for _, word in ipairs(all) do right = right and pccrd.host_port(word) end
      check(right, "PCCRD-2.2.3.8-XAddrs", e, "XAddrs")
    end
    local version, scopes = pccrd.version(e), pccrd.find(e, "Scopes")
    if not version then return format(false, "PCCRD-2.2.3.1-Types", e, "Types") end
    if probe then
      check(pccrd.attribute(scopes, "MatchBy") == (version == 1 and pccrd.discovery .. "/strcmp0" or pccrd.rule2), "PCCRD-2.2.2.1-MatchBy", e, "Scopes")
    else
      local n = pccrd.number(pccrd.value(e, "MetadataVersion"), 32)
      check(n == 2 or n == 1 and version == 1, "PCCRD-2.2.3.5-MetadataVersion", e, "MetadataVersion")
    end
    if version == 1 then
      local all = pccrd.hexadecimal(scopes)
      format(all, "PCCRD-2.2.3.3-Scopes", e, "Scopes")
      lengths(e, all)
      if probe then return end
      local digits = pccrd.value(e, "PeerDistData.BlockCount")
      return format(digits and not digits:find("[^%x]") and (all and #digits == 8 * #all or not all and #digits % 8 == 0),
        "PCCRD-2.2.3.9-BlockCount", e, "PeerDistData.BlockCount")
    end
    local b = pccrd.base64(scopes)
    if probe then
      local size, n = 0, 0
      if b and #b > 3 then size, n = b:byte(1) * 256 + b:byte(2), b:byte(3) end
      local right = size * n > 0 and #b == 3 + size * n
      format(right, "PCCRD-2.2.3.3-ScopesV2", e, "Scopes")
      return lengths(e, right and { size } or nil)
    end
    format(b and #b > 0, "PCCRD-2.2.3.3-ScopesV2", e, "Scopes")
    for i = 1, #(b or "") do
      local v = b:byte(i)
      if v % 4 == 1 or v % 16 >= 4 and v % 16 < 8 or v % 64 >= 16 and v % 64 < 32 or v >= 64 and v < 128 then
        check(false, "PCCRD-2.2.3.3-Availability", e, "Scopes")
        break
      end
    end
    local ages = pccrd.find(e, "PeerDistData.SegmentAges")
    if not ages then return end
    local bytes = pccrd.base64(ages)
    format(bytes, "PCCRD-2.2.3.9-SegmentAges", e, "PeerDistData.SegmentAges")
    local rule = pccrd.blob(bytes or "")
    if rule then report(rule, ages.from) end
  end
  if probe then return part(message) end
  for _, c in ipairs(message.children) do
    if pccrd.row("ProbeMatches", c) then part(c) end
  end
end
