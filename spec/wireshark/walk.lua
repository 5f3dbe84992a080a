-- A walk reads one message: pos is the next byte, stop where the bytes end, and
-- scopes are the nodes read so far in the structures around pos, by name.
local Walk = {}
Walk.__index = Walk

-- lookup returns the value of the nearest integer of that name.
function Walk:lookup(name)
  for i = #self.scopes, 1, -1 do
    local n = self.scopes[i][name]
    if n and n.value then return n.value end
  end
end

function Walk:hash_length(by)
  local value = self:lookup(by)
  return value and hash_lengths[by][value]
end

-- encrypted returns whether CryptoAlgoId is one of an encryption.
function Walk:encrypted()
  local id = self:lookup("CryptoAlgoId")
  return id and 1 <= id and id <= 3
end

-- size returns the bytes of a leaf, nil if an unknown hash function decides.
function Walk:size(extent)
  if extent.bytes then return extent.bytes end
  if extent.bytes_by then return self:lookup(extent.bytes_by) end
  if extent.padding_by then return -(self:lookup(extent.padding_by) or 0) % 4 end
  if extent.hash_by then return self:hash_length(extent.hash_by) end
  return self.stop - self.pos
end

function Walk:binds(rule)
  return (not rule.message or rule.message == self.message)
    and (not rule.not_in or rule.not_in ~= self.message)
    and (not rule.when or self:lookup(rule.when) == rule.equals)
end

function Walk:report(id, tree, from, length)
  local item = tree:add(rule_field, self.tvb(from, length), id)
  item:set_generated()
  item:add_proto_expert_info(experts[rules[id].class], id .. ": " .. rules[id].text)
end

-- judge reports the first of the rules that n breaks.
function Walk:judge(list, n, at, other)
  for _, rule in ipairs(list or {}) do
    if self:binds(rule) and not checks[rule.check](self, rule, n, at, other) then
      self:report(rule.id, n.item, n.from, n.length)
      return
    end
  end
end

-- hide stands for bytes that are or may be a secret.
function Walk:hide(tree, label, length)
  tree:add(self.tvb(self.pos, 0), ("%s: hidden, %d bytes (preference mspccrc.show_secrets)"):format(label, length))
end

-- truncated shows the bytes that are left of a field. A field of a structure that is
-- whole, one field to the specification, counts as that.
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
  local around = self.around[#self.around]
  local from = layout.whole and around.from or self.pos
  local cut = field.truncated or layout.whole and self.around[#self.around - 1].layout.truncated or layout.truncated
  if cut and field.form ~= "list" and not field.held and self:binds(cut) and not self.limited then
    self:report(cut.id, tree, from, self.pos + left - from)
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

-- integer returns the value of a range of at most 8 bytes.
local function integer(range, little)
  if range:len() <= 4 then
    return little and range:le_uint() or range:uint()
  end
  return tonumber(tostring(little and range:le_uint64() or range:uint64()))
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
    n.value = integer(range, field.little)
    n.item = field.little and tree:add_le(field.item, range) or tree:add(field.item, range)
    if field.meanings and field.meanings[n.value] then
      n.item:append_text(" (" .. field.meanings[n.value] .. ")")
    end
  elseif field.secret and not mspccrc.prefs.show_secrets then
    self:hide(tree, label, size)
    n.item = tree
  else
    n.item = tree:add(field.item, range)
    if size == 0 then
      n.item:set_text(label .. ": empty")
    elseif label ~= field.name then
      n.item:set_text(label .. ": " .. range:bytes():tohex(true))
    end
    if field.tag then
      n.item:append_text(" (" .. (content_tags[range:raw()] or "Other") .. ")")
    end
  end
  self.scopes[#self.scopes][label] = n
  self.pos = self.pos + size
  self:judge(field.rules, n)
  if field.inside then inside[field.inside](self, n) end
end

-- list reads the elements of a field. Those of one with a length in bytes have
-- that many bytes, as far as they are there.
function Walk:list(field, layout, tree)
  local extent, outer = field.extent, self.stop
  local n = { item = tree, from = self.pos, length = 0, count = 0, elements = {} }
  self.scopes[#self.scopes][field.name] = n
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
      n.elements[n.count] = self:structure(layouts[field.of], label, tree, n.count)
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

-- field reads one field of a structure.
function Walk:field(field, layout, item)
  local part, outer = parts[field.part], self.stop
  if part then
    if not part.present(self) then return end
  elseif field.extent and field.extent.padding_by then
    if self:size(field.extent) == 0 then return end
  elseif field.optional and self.pos == self.stop then
    return
  end
  if part and part.length then self.stop = math.min(self.stop, self.pos + part.length(self)) end
  if field.form == "structure" then
    local n = { from = self.pos }
    n.inside, n.item = self:structure(layouts[field.of], field.name, item)
    n.length = self.pos - n.from
    self.scopes[#self.scopes][field.name] = n
  elseif field.form == "list" then
    self:list(field, layout, item)
  else
    self:leaf(field, field.extent, layout, field.name, item)
  end
  if part and part.length then self.pos, self.done = self.stop, false end
  if not self.done then self.stop = outer end
end

-- structure returns the nodes in a structure, by name, and its item.
function Walk:structure(layout, label, tree, index)
  local from = self.pos
  local item = tree
  if from < self.stop then
    item = tree:add(layout.item or layout.proto, self.tvb(from, self.stop - from))
    if label then item:set_text(label) end
  end
  local scope = {}
  self.scopes[#self.scopes + 1] = scope
  self.around[#self.around + 1] = { layout = layout, from = from }
  self:judge(layout.each, { item = item, from = from, length = 0, index = index })
  for _, field in ipairs(layout.fields) do
    if self.done then break end
    self:field(field, layout, item)
  end
  for _, field in ipairs(layout.fields) do
    local n = scope[field.name]
    if field.comparisons and n and not self.limited then
      self:judge(field.comparisons, n, from, scope)
    end
  end
  if layout.read and not self.done then read[layout.read](self, scope, item) end
  self.around[#self.around] = nil
  self.scopes[#self.scopes] = nil
  if not index and #self.scopes > 0 then -- others may need its values
    local around = self.scopes[#self.scopes]
    for name, n in pairs(scope) do
      if around[name] == nil then around[name] = n end
    end
  end
  if from < self.pos then item:set_len(self.pos - from) end
  return scope, item
end
