-- Blocks of MS-PCCRR are decrypted and verified with the Content Information that the
-- capture has before them. segments has what is known of each by its HoHoDk, and
-- pending the segments whose HoHoDk is not computed yet.
mspccrr.prefs.decrypt = Pref.bool("Decrypt blocks", false,
  "Whether to decrypt and verify blocks whose Content Information is in the capture before them: slow, 0.1 s to 2 s for each")

local segments, pending, seen = {}, {}, {}
function mspccrr.init() segments, pending, seen = {}, {}, {} end

local plain_field = ProtoField.bytes("mspccrr.plain", "Decrypted block", base.NONE,
  "The block, decrypted with the head of the segment secret")
local verified_field = ProtoField.bool("mspccrr.verified", "Verified", base.NONE, nil, 0,
  "Whether the hash of the block is that in the Content Information")
local state_field = ProtoField.string("mspccrr.decryption", "Decryption", base.ASCII,
  "Why a block is not decrypted or verified")
local bad_block = ProtoExpert.new("mspccrr.block.damaged", "The block is not that of the Content Information",
  expert.group.CHECKSUM, expert.severity.WARN)
mspccrr.experts = { bad_block }

local read = {} -- what is done with structures that have been read whole

-- remember keeps a segment; blocks are the hashes of its blocks by index.
local function remember(walk, segment, hash, blocks)
  local hod, secret = segment.SegmentHashOfData, segment.SegmentSecret
  local s = { hash = hash, size = segment.cbSegment.value, blocks = blocks,
    hod = walk.tvb(hod.from, hod.length):raw(), secret = walk.tvb(secret.from, secret.length):raw() }
  local key = (blocks and "1" or "2") .. s.hod .. s.secret
  if not seen[key] then
    seen[key] = s
    pending[#pending + 1] = s
  elseif blocks then
    for i, b in pairs(blocks) do seen[key].blocks[i] = b end
  end
end

-- A list of block hashes begins with the segment, or with the range's first block.
function read.content_v1(walk, content)
  if not mspccrr.prefs.decrypt then return end
  local hash = walk:hash_length("dwHashAlgo")
  for i = 0, content.segments.count - 1 do
    local segment, list, blocks = content.segments.elements[i], content.blocks.elements[i], {}
    local whole = math.ceil(segment.cbSegment.value / 65536)
    local first = i == 0 and list.cBlocks.value < whole and math.floor(content.dwOffsetInFirstSegment.value / 65536) or 0
    if first + list.cBlocks.value > whole then first = 0 end
    for j = 0, list.cBlocks.value - 1 do
      local n = list[("BlockHashes[%d]"):format(j)]
      blocks[first + j] = walk.tvb(n.from, n.length):raw()
    end
    remember(walk, segment, hash, blocks)
  end
end

function read.content_v2(walk, content)
  if not mspccrr.prefs.decrypt then return end
  for i = 0, content.chunks.count - 1 do
    local data = content.chunks.elements[i].chunkData
    for j = 0, data.count - 1 do remember(walk, data.elements[j], 64) end
  end
end

-- find returns the segment with that HoHoDk, nil if it is not known.
local function find(id)
  while not segments[id] and #pending > 0 do
    local s = table.remove(pending)
    local label = ("MS_P2P_CACHING\0"):gsub(".", "%0\0")
    segments[hmac(s.hash, s.secret, s.hod .. label):sub(1, #s.hod)] = s
  end
  return segments[id]
end

function read.block(walk, body, item)
  if not mspccrr.prefs.decrypt or body.SizeOfBlock.value == 0 then return end
  local function say(text) item:add(state_field, walk.tvb(body.Block.from, 0), text):set_generated() end
  local id, index = body.SegmentId, body.BlockIndex.value
  local segment = id.length > 0 and find(walk.tvb(id.from, id.length):raw())
  if not segment then return say("no Content Information for this segment so far") end
  local plain, key = walk.tvb(body.Block.from, body.Block.length):raw(), nil
  if walk:encrypted() then
    key = 8 + 8 * walk:lookup("CryptoAlgoId")
    if #plain % 16 ~= 0 or body.IVBlock.length ~= 16 or key > #segment.secret then
      return say("the block, IVBlock or the segment secret has the wrong length")
    end
    plain = decrypt(segment.secret:sub(1, key), walk.tvb(body.IVBlock.from, 16):raw(), plain)
  end
  local size = segment.size
  if segment.blocks then size = math.min(65536, size - 65536 * index) end
  if size <= 0 or size > #plain then return say(("the segment has no block %d of this size"):format(index)) end
  plain = plain:sub(1, size)
  local want = segment.hod
  if segment.blocks then want = segment.blocks[index] end
  if key then
    local tvb = ByteArray.new(plain, true):tvb("Decrypted block")
    item:add(plain_field, tvb()):set_generated()
  end
  if not want then return say("no hash of this block in the Content Information") end
  local good = sha2[segment.hash](plain):sub(1, #want) == want
  local shown = item:add(verified_field, walk.tvb(body.Block.from, body.Block.length), good)
  shown:set_generated()
  if not good then shown:add_proto_expert_info(bad_block) end
end
