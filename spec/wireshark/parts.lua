-- The parts of Buffer in a SRV_READ_HASH_RESPONSE: which there are depends on the
-- form of the response and on HASH_HEADER. present returns whether a part is here,
-- length how many bytes there are from here to its end.
local parts = {}

local function is_file(walk) return walk.layout.section == "MS-SMB2 2.2.32.4.3" end

-- blob returns the number of bytes from here to the end of the Content Information.
local function blob(walk)
  local left, length = walk.stop - walk.pos, walk:lookup("HashBlobLength") or 0
  return length > 0 and math.min(length, left) or left
end

local function buffer_start(walk) return walk.around[#walk.around].from end

local function gap(walk)
  local offset = walk:lookup("HashBlobOffset")
  return offset and math.min(buffer_start(walk) + offset, walk.stop) - walk.pos or 0
end

-- content returns the name of the part that the Content Information here is.
local function content(walk)
  local scope = walk.scopes[#walk.scopes]
  if scope.CONTENT_INFORMATION_V1 or scope.CONTENT_INFORMATION_V2 or scope.ContentInformationPart then
    return nil
  end
  local version, length = walk:lookup("HashVersion"), walk:lookup("HashBlobLength")
  if not scope.HASH_HEADER and is_file(walk) then return "CONTENT_INFORMATION_V2" end
  if version and length and (is_file(walk) or length <= walk.stop - walk.pos) then
    if version == 1 then return "CONTENT_INFORMATION_V1" end
    if version == 2 then return "CONTENT_INFORMATION_V2" end
  end
  return walk.pos < walk.stop and "ContentInformationPart" or nil
end

parts.HASH_HEADER = { present = function(walk)
  if not is_file(walk) then return walk:lookup("Offset") == 0 end
  return walk:lookup("FileDataOffset") == 0
    and (walk.stop - walk.pos < 2 or walk.tvb(walk.pos, 2):uint() ~= 2)
end }
parts.Gap = { present = function(walk) return gap(walk) > 0 end, length = gap }
for _, name in ipairs({ "CONTENT_INFORMATION_V1", "CONTENT_INFORMATION_V2", "ContentInformationPart" }) do
  parts[name] = { present = function(walk) return content(walk) == name end, length = blob }
end

-- BufferLength: Buffer extends to the end of the message.
local function buffer_length(walk, n, _, other)
  return not other.Reserved or n.value == walk.reported - n.from - 8
end
compare["SMB2-2.2.32.4.2-BufferLength"] = buffer_length
compare["SMB2-2.2.32.4.3-BufferLength"] = buffer_length

compare["SMB2-3.3.5.15.7-HashVersion"] = function(walk, n)
  return not (n.value == 1 and is_file(walk) or n.value == 2 and not is_file(walk))
end

-- HashBlobLength: version 1 has one, and a file based response is all there is.
compare["SMB2-2.2.32.4.1-HashBlobLength"] = function(walk, n, at, other)
  if n.value == 0 and other.HashVersion.value == 1 then return false end
  local offset = other.HashBlobOffset
  return not is_file(walk) or not other.SourceFileNameLength
    or offset.value > walk.reported - at or n.value <= walk.reported - at - offset.value
end

compare["SMB2-3.3.5.15.7-HashBlobLength"] = function(_, n, _, other)
  return n.value == 0 or other.HashVersion.value ~= 2
end

-- HashBlobOffset: behind the name, and in Buffer.
compare["SMB2-2.2.32.4.1-HashBlobOffset"] = function(walk, n, at, other)
  local name, size = other.SourceFileNameLength, walk.reported - at
  return not name or n.value <= size and (36 + name.value > size or n.value >= 36 + name.value)
end

compare["SMB2-2.2.32.4.1-SourceFileNameLength"] = function(walk, n, at)
  return 36 + n.value <= walk.reported - at
end

-- The extensible blob of MS-PCCRR 2.2.6. A receiver ignores one that is wrong, so it
-- is no structure of the message.
local inside = {}
local blob_fields = {
  version = ProtoField.uint16("mspccrr.extensibleblob.version", "ExtensibleBlobVersion"),
  units = ProtoField.uint8("mspccrr.extensibleblob.segmentageunits", "SegmentAgeUnits", base.DEC,
    { [1] = "seconds", [2] = "tenths of a second", [3] = "hundredths of a second", [4] = "milliseconds" }),
  count = ProtoField.uint8("mspccrr.extensibleblob.segmentagecount", "SegmentAgeCount"),
  index = ProtoField.uint8("mspccrr.extensibleblob.segmentindex", "SegmentIndex"),
  age = ProtoField.uint24("mspccrr.extensibleblob.segmentage", "Age"),
}

function inside.ExtensibleBlob(walk, n)
  local from, size, item = n.from, n.length, n.item
  if size == 0 then return end
  if size < 2 then return walk:report("PCCRR-2.2.6-Truncated", item, from, 1) end
  local version = walk.tvb(from, 2)
  item:add(blob_fields.version, version)
  if version:uint() ~= 1 then return walk:report("PCCRR-2.2.6-Version", item, from, 2) end
  if size < 4 then return walk:report("PCCRR-2.2.6.1-Truncated", item, from + size, 0) end
  local units, count = walk.tvb(from + 2, 1):uint(), walk.tvb(from + 3, 1):uint()
  item:add(blob_fields.units, walk.tvb(from + 2, 1))
  item:add(blob_fields.count, walk.tvb(from + 3, 1))
  if units < 1 or units > 4 then return walk:report("PCCRR-2.2.6.1-SegmentAgeUnits", item, from + 2, 1) end
  for i = 1, math.min(count, math.floor(size / 4) - 1) do
    item:add(blob_fields.index, walk.tvb(from + 4 * i, 1))
    item:add_le(blob_fields.age, walk.tvb(from + 4 * i + 1, 3))
  end
  if size < 4 + 4 * count then return walk:report("PCCRR-2.2.6.1-SegmentAgeCount", item, from + 3, 1) end
  if units ~= 3 then walk:report("PCCRR-2.2.6.1-Units", item, from + 2, 1) end
end
