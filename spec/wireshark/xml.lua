-- XML 1.0 with namespaces in UTF-8, without a document type, for the rules of MS-PCCRD: what
-- Wireshark's own dissector of XML shows has no namespaces, and tells Lua nothing.
local xml = { space = "^[ \t\r\n]*()", predefined = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" } }
local not_xml = {}

local function must(holds)
  if not holds then error(not_xml, 0) end
  return holds
end

-- character returns the character at i, if XML allows it, and where the next one begins.
function xml.character(s, i)
  local a, b, c, d = s:byte(i, i + 3)
  local function tail(x) must(x and x >= 0x80 and x < 0xC0) return x - 0x80 end
  local code, n, least = a, 1, 0
  if a >= 0xF0 then
    code, n, least = ((a - 0xF0) * 64 + tail(b)) * 4096 + tail(c) * 64 + tail(d), 4, 0x10000
  elseif a >= 0xE0 then
    code, n, least = (a - 0xE0) * 4096 + tail(b) * 64 + tail(c), 3, 0x800
  elseif a >= 0x80 then
    code, n, least = must(a >= 0xC0) and (a - 0xC0) * 64 + tail(b), 2, 0x80
  end
  must(code >= least and xml.allowed(code))
  return code, i + n
end

function xml.allowed(c)
  return c == 9 or c == 10 or c == 13 or c >= 32 and c < 0xD800 or c > 0xDFFF and c < 0xFFFE or c > 0xFFFF and c <= 0x10FFFF
end

-- name reads a name without a colon. Characters beyond ASCII are those of the fifth edition.
function xml.name(s, at)
  local ranges = { 0xC0, 0xD6, 0xD8, 0xF6, 0xF8, 0x2FF, 0x370, 0x37D, 0x37F, 0x1FFF, 0x200C, 0x200D, 0x2070, 0x218F,
    0x2C00, 0x2FEF, 0x3001, 0xD7FF, 0xF900, 0xFDCF, 0xFDF0, 0xFFFD, 0x10000, 0xEFFFF, 0xB7, 0xB7, 0x300, 0x36F, 0x203F, 0x2040 }
  local start = at
  while at <= #s do
    local c, after = s:byte(at), at + 1
    if c < 0x80 then
      if not s:find(at == start and "^[%a_]" or "^[%w_.-]", at) then break end
    else
      local found = false
      c, after = xml.character(s, at)
      for i = 1, at == start and 24 or #ranges, 2 do found = found or ranges[i] <= c and c <= ranges[i + 1] end
      if not found then break end
    end
    at = after
  end
  must(at > start)
  return s:sub(start, at - 1), at
end

-- qualified reads a name that may have a prefix.
function xml.qualified(s, at)
  local name, after = xml.name(s, at)
  if s:sub(after, after) ~= ":" then return "", name, after end
  local rest, stop = xml.name(s, after + 1)
  return name, rest, stop
end

-- utf8 returns a character that xml.allowed allows.
function xml.utf8(c)
  local n, first = c < 0x80 and 0 or c < 0x800 and 1 or c < 0x10000 and 2 or 3, { [0] = 0, 0xC0, 0xE0, 0xF0 }
  local tail = ""
  for _ = 1, n do tail, c = string.char(0x80 + c % 64) .. tail, math.floor(c / 64) end
  return string.char(first[n] + c) .. tail
end

-- resolve returns a text with its references resolved, and ends of lines as one character.
function xml.resolve(s, attribute)
  s = s:gsub("\r\n?", "\n")
  if attribute then s = s:gsub("[\t\n]", " ") end
  return (s:gsub("&([^;&]*)(;?)", function(name, stop)
    must(stop == ";")
    if xml.predefined[name] then return xml.predefined[name] end
    local hex, decimal = name:match("^#x(%x+)$"), name:match("^#(%d+)$")
    local c = must(hex or decimal) and tonumber(hex or decimal, hex and 16 or 10)
    must(c <= 0x10FFFF and xml.allowed(c))
    return xml.utf8(c)
  end))
end

-- quoted reads an equals sign and a value in quotes.
function xml.quoted(s, at)
  local quote, start = s:match("^[ \t\r\n]*=[ \t\r\n]*([\"'])()", at)
  local stop = must(quote) and must(s:find(quote, start, true))
  return s:sub(start, stop - 1), stop + 1
end

-- declaration skips the XML declaration, which need not be there.
function xml.declaration(s, at)
  local spaced = s:match("^<%?xml[ \t\r\n]+()", at)
  if not spaced then return at end
  at = spaced
  for i, name in ipairs({ "version", "encoding", "standalone" }) do
    if spaced and s:sub(at, at + #name - 1) == name then
      local value
      value, at = xml.quoted(s, at + #name)
      must(i == 1 and value == "1.0" or i == 2 and value:lower() == "utf-8" or i == 3 and (value == "yes" or value == "no"))
      local after = s:match(xml.space, at)
      spaced, at = after > at, after
    else
      must(i > 1)
    end
  end
  must(s:sub(at, at + 1) == "?>")
  return at + 2
end

-- namespace returns that of a prefix in e.
function xml.namespace(e, prefix)
  local around = e
  while around do
    if around.bindings[prefix] then return around.bindings[prefix] end
    around = around.parent
  end
  if prefix == "xml" then return "http://www.w3.org/XML/1998/namespace" end
  return prefix == "" and "" or nil
end

function xml.declare(e, prefix, uri)
  must(prefix ~= "xmlns" and uri ~= "http://www.w3.org/2000/xmlns/" and not e.bindings[prefix]
    and (prefix == "xml") == (uri == "http://www.w3.org/XML/1998/namespace") and (prefix == "" or uri ~= ""))
  e.bindings[prefix], e.bound = uri, e.bound + 1
  must(e.bound <= 64)
end

-- start reads a start tag in an element.
function xml.start(s, from, parent)
  local e = { parent = parent, from = from, bindings = {}, attributes = {}, children = {}, text = "",
    bound = parent and parent.bound or 0, depth = parent and parent.depth + 1 or 1 }
  must(e.depth <= 32)
  local prefix, local_name, at = xml.qualified(s, from + 1)
  e.prefix, e.name, e.written = prefix, local_name, s:sub(from + 1, at - 1)
  local n = 0
  while true do
    local after = s:match(xml.space, at)
    local stop = s:match("^/?>()", after)
    if stop then
      e.at, e.empty = stop, s:sub(after, after) == "/"
      break
    end
    must(after > at)
    local of, name, value
    of, name, at = xml.qualified(s, after)
    value, at = xml.quoted(s, at)
    must(not value:find("<", 1, true))
    value, n = xml.resolve(value, true), n + 1
    must(n <= 32)
    if of == "xmlns" or of == "" and name == "xmlns" then
      xml.declare(e, of == "xmlns" and name or "", value)
    else
      e.attributes[#e.attributes + 1] = { prefix = of, name = name, value = value }
    end
  end
  e.uri = must(xml.namespace(e, prefix))
  local seen = {}
  for _, a in ipairs(e.attributes) do
    local name = must(xml.namespace(e, a.prefix)) .. " " .. a.name
    if a.prefix == "" then name = a.name end
    must(not seen[name])
    seen[name] = true
  end
  return e
end

-- read returns the root element, or raises not_xml.
function xml.read(s)
  must(#s <= 65507)
  local at, root, open = s:sub(1, 3) == "\239\187\191" and 4 or 1, nil, nil
  if s:find("[^\t\r\n -\126]", at) then
    local i = at
    while i <= #s do
      local _, after = xml.character(s, i)
      i = after
    end
  end
  at = xml.declaration(s, at)
  while at <= #s do
    local from, two = at, s:sub(at, at + 1)
    if two == "</" then
      local _, _, after = xml.qualified(s, at + 2)
      must(open and s:sub(at + 2, after - 1) == open.written)
      at = must(s:match("^[ \t\r\n]*>()", after))
      open.closing, open = from, open.parent
    elseif s:sub(at, at + 3) == "<!--" then
      local _, stop = s:find("--", at + 4, true)
      must(stop and s:sub(stop + 1, stop + 1) == ">")
      at = stop + 2
    elseif s:sub(at, at + 8) == "<![CDATA[" then
      local first, stop = s:find("]]>", at + 9, true)
      must(open and first)
      open.text, at = open.text .. s:sub(at + 9, first - 1):gsub("\r\n?", "\n"), stop + 1
    elseif two == "<?" then
      local target, after = xml.name(s, at + 2)
      local first, stop = s:find("?>", after, true)
      must(first and target:lower() ~= "xml" and (first == after or s:find("^[ \t\r\n]", after)))
      at = stop + 1
    elseif two:sub(1, 1) == "<" then
      must(open or not root)
      local e = xml.start(s, at, open)
      if open then open.children[#open.children + 1] = e else root = e end
      at = e.at
      if e.empty then e.closing = at else open = e end
    else
      local text = s:match("^[^<]+", at)
      at = at + #text
      if open then
        must(not text:find("]]>", 1, true))
        open.text = open.text .. xml.resolve(text)
      else
        must(not text:find("[^ \t\r\n]"))
      end
    end
  end
  must(root and not open)
  return root
end

-- parse returns the root element, nil if s is not well formed, or beyond the limits of
-- PCCRD-2.1-XML.
function xml.parse(s)
  local ok, root = pcall(xml.read, s)
  if not ok and root ~= not_xml then error(root, 0) end
  return ok and root or nil
end

-- value returns the text of an element without white space around it.
function xml.value(e) return e.text:match("^[ \t\r\n]*(.-)[ \t\r\n]*$") end
