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

function checks.zeros(walk, _, n) return not walk.tvb(n.from, n.length):raw():find("[^\0]") end

function checks.answer_only(walk, rule, n)
  return n.value ~= rule[1] or not walk.request or walk.request == rule[2]
end

-- is_there returns whether the bytes of so many elements are there, of as many bytes
-- each and of hashes.
local function is_there(walk, rule, n)
  local hash = rule.hashes > 0 and walk:hash_length(rule.by) or 0
  if rule.hashes > 0 and hash == 0 then return true end -- unknown hash function
  local size = rule.counts_bytes and 1 or rule.bytes + rule.hashes * hash
  return n.value * size <= walk.stop - walk.pos or walk.limited
end

checks.held = is_there

function checks.backed(walk, rule, n)
  return n.value > 0 and (not rule.counts_bytes or n.value % rule.bytes == 0) and is_there(walk, rule, n)
end

-- The rules that compare fields with others, by ID. n is the field, at is where the
-- structure around it begins, and other what is around it: see Walk:lookup.
local compare = {}

local function is_response(walk) return walk.kind == "retrieval_response" or walk.kind == "hash_response" end

compare["PCCRR-2.1.1-Direction"] = function(walk, n)
  local response = n.value == 1 or n.value == 4 or n.value == 5 or n.value == 7
  return n.value > 7 or response == is_response(walk)
end

compare["PCCRR-2.2.2-Size"] = function(walk, n)
  return n.value == walk.reported - n.from - 4 and n.value <= 393216 -- 384 KiB
end

compare["PCCRR-2.2.3-MsgSize"] = function(walk, n, at) return n.value == walk.reported - at end

compare["PCCRR-2.2.3-MsgSizeLimit"] = function(walk, n)
  return is_response(walk) or n.value <= 98304 -- 96 KiB
end

compare["PCCRR-2.2.1.1-Count"] = function(_, n, _, other)
  return n.value > 0 and other.Index.value + n.value <= 512
end

compare["PCCRR-2.2.4.3-OneBlock"] = function(_, n) return n.value == 1 end

compare["PCCRR-2.2.5.3-NextBlockIndex"] = function(_, n, _, other)
  return n.value == 0 or n.value > other.BlockIndex.value
end

compare["PCCRR-2.2.5.3-Block"] = function(walk, n)
  return not walk:encrypted() or n.value % 16 == 0
end

compare["PCCRR-2.2.5.3-IVBlock"] = function(walk, n, _, other)
  return not walk:encrypted() or other.SizeOfBlock.value == 0 or n.value == 16
end

-- Both messages of negotiation: the minimum is not above the maximum.
local function version_range(_, n, _, other)
  local low, high = n.inside, (other.MaxSupportedProtocolVersion or {}).inside
  if not (high and high.MajorVersion and low.MajorVersion) then return true end
  return low.MajorVersion.value < high.MajorVersion.value
    or low.MajorVersion.value == high.MajorVersion.value and low.MinorVersion.value <= high.MinorVersion.value
end
compare["PCCRR-2.2.4.1-Range"] = version_range
compare["PCCRR-2.2.5.1-Range"] = version_range

function checks.agreement(walk, rule, n, at, other) return compare[rule.id](walk, n, at, other) end
