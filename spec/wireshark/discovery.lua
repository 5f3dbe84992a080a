-- Discovery, MS-PCCRD: XML in UDP datagrams of port 3702, which other protocols use too.
-- Tags are looked for as far as they go, and the prefixes of elements are not resolved: only
-- the rules are about what is well formed.

local mspccrd = Proto("mspccrd", "BranchCache Discovery Protocol (MS-PCCRD)")
local discovery_fields = {
  ProtoField.string("mspccrd.segmentid", "SegmentID", base.ASCII, "HoHoDk in Scopes, hexadecimal"),
}
for _, item in pairs(discovery_items) do discovery_fields[#discovery_fields + 1] = item end

-- segments shows the HoHoDks of a Probe as MS-PCCRR has them: a word of hexadecimal digits, or in
-- version 2.0 base64 of their size, their number and themselves.
local function segments(item, tvb, word, version2)
  local ids = {}
  if not version2 then
    ids[1] = #word % 2 == 0 and not word:find("%X") and ByteArray.new(word) or nil
  elseif not word:find("[^%w+/=]") then
    local all = ByteArray.new(word, true):base64_decode():raw()
    local size = #all > 3 and 256 * all:byte(1) + all:byte(2) or 0
    for i = 4, size > 0 and #all - size + 1 or 0, math.max(size, 1) do ids[#ids + 1] = ByteArray.new(all:sub(i, i + size - 1), true) end
  end
  for _, id in ipairs(ids) do
    item:add(discovery_fields[1], tvb, id:tohex(true)):set_generated()
  end
end

-- text shows what is in an element: a value, or words with white space between them.
local function text(row, item, tvb, s, from, to, version2)
  if not row.list then
    local first, last = s:sub(from, to):match("^%s*().-()%s*$")
    item:add(row.item, tvb(from + first - 2, last - first))
    return
  end
  for start, word in s:sub(from, to):gmatch("()(%S+)") do
    local range = tvb(from + start - 2, #word)
    local shown = item:add(row.item, range)
    if row.segments and not (version2 and row.bits) then segments(shown, range, word, version2) end
  end
end

function mspccrd.dissector(tvb, pinfo, tree)
  local s = tvb():raw()
  if not s:find(discovery_namespace, 1, true) then return 0 end
  local xml = Dissector.get("xml")
  if xml then xml:call(tvb, pinfo, tree) end
  pinfo.cols.protocol = "MS-PCCRD"
  local version2 = s:find("PeerDistDataV2", 1, true) ~= nil
  local stack, at = { { name = "", item = tree:add(mspccrd, tvb()) } }, 1
  while true do
    local from, to, closing, name, first, last, empty = s:find("<(/?)([%a_][^%s<>/]*)()[^<>]-()(/?)>", at)
    if not from then break end
    at = to + 1
    local around = stack[#stack]
    name = name:match("[^:]*$")
    if closing ~= "" then
      if #stack > 1 then
        if around.from then around.item:set_len(to - around.from + 1) end
        stack[#stack] = nil
      end
    else
      local row, inside = discovery[around.name .. "/" .. name], { name = name, item = around.item }
      if row and not row.item then
        inside.item, inside.from = around.item:add(tvb(from - 1), name), from
        if row.message then pinfo.cols.info = name end
      elseif row and empty == "" then
        text(row, around.item, tvb, s, at, (s:find("<", at, true) or #s + 1) - 1, version2)
      end
      for attribute, start, stop in s:sub(first, last - 1):gmatch("([^%s=]+)%s*=%s*[\"']()[^\"']*()[\"']") do
        local of = discovery[name .. "/" .. attribute]
        if of and of.item then inside.item:add(of.item, tvb(first + start - 2, stop - start)) end
      end
      if empty == "" then stack[#stack + 1] = inside end
    end
  end
  if tvb:len() == tvb:reported_len() then
    judge_discovery(s, function(id, at)
      Walk.report({ tvb = tvb }, id, stack[1].item, at - 1, at <= #s and 1 or 0)
    end)
  end
  return tvb:len()
end

mspccrd.fields = discovery_fields
DissectorTable.get("udp.port"):add(3702, mspccrd)
