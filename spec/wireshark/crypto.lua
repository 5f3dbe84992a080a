-- SHA-256 and SHA-512, HMAC with them, and AES in CBC mode: Wireshark gives Lua no
-- digests, and ciphers only in its newest versions. Integers of 32 bits are those of
-- the bit library, of 64 bits Wireshark's.
local sha2, hmac, decrypt = {}, nil, nil
do
  local band, bor, bxor, bnot = bit.band, bit.bor, bit.bxor, bit.bnot
  local lshift, rshift, ror, tobit = bit.lshift, bit.rshift, bit.ror, bit.tobit
  local byte, char, concat = string.byte, string.char, table.concat

  -- The bits behind the point of the roots of the first primes: of cubic roots the
  -- constants of the rounds, of square roots what hashes begin with.
--@CONSTANTS@

  -- padded returns a message with its length, in blocks of that size.
  local function padded(m, size)
    local tail = ("\0"):rep((-#m - 1 - size / 8) % size + size / 8 - 8)
    return m .. "\128" .. tail .. Struct.pack(">I4I4", math.floor(#m / 0x20000000), #m * 8 % 0x100000000)
  end

  sha2[32] = function(m)
    local k, h, w = {}, {}, {}
    for i = 1, 64 do k[i] = tobit(rounds[i][1]) end
    for i = 1, 8 do h[i] = tobit(starts[i][1]) end
    m = padded(m, 64)
    for at = 1, #m, 64 do
      for i = 1, 16 do
        local b1, b2, b3, b4 = byte(m, at + 4 * i - 4, at + 4 * i - 1)
        w[i] = bor(lshift(b1, 24), lshift(b2, 16), lshift(b3, 8), b4)
      end
      for i = 17, 64 do
        local x, y = w[i - 15], w[i - 2]
        w[i] = tobit(w[i - 16] + w[i - 7] + bxor(ror(x, 7), ror(x, 18), rshift(x, 3))
          + bxor(ror(y, 17), ror(y, 19), rshift(y, 10)))
      end
      local a, b, c, d, e, f, g, z = h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8]
      for i = 1, 64 do
        local t = z + bxor(ror(e, 6), ror(e, 11), ror(e, 25)) + bxor(g, band(e, bxor(f, g))) + k[i] + w[i]
        local u = bxor(ror(a, 2), ror(a, 13), ror(a, 22)) + bor(band(a, b), band(c, bor(a, b)))
        z, g, f, e, d, c, b, a = g, f, e, tobit(d + t), c, b, a, tobit(t + u)
      end
      for i, v in ipairs({ a, b, c, d, e, f, g, z }) do h[i] = tobit(h[i] + v) end
    end
    for i = 1, 8 do h[i] = Struct.pack(">I4", h[i] % 0x100000000) end
    return concat(h)
  end

  -- SHA-512; SHA-384 is the same but for what it begins with.
  local function sha512(m, from)
    local k, h, w = {}, {}, {}
    for i = 1, 80 do k[i] = UInt64(rounds[i][2], rounds[i][1]) end
    for i = 1, 8 do h[i] = UInt64(from[i][2], from[i][1]) end
    m = padded(m, 128)
    for at = 1, #m, 128 do
      for i = 1, 16 do
        local high, low = Struct.unpack(">I4I4", m, at + 8 * i - 8)
        w[i] = UInt64(low, high)
      end
      for i = 17, 80 do
        local x, y = w[i - 15], w[i - 2]
        w[i] = w[i - 16] + w[i - 7] + x:ror(1):bxor(x:ror(8), x:rshift(7))
          + y:ror(19):bxor(y:ror(61), y:rshift(6))
      end
      local a, b, c, d, e, f, g, z = h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8]
      for i = 1, 80 do
        local t = z + e:ror(14):bxor(e:ror(18), e:ror(41)) + g:bxor(e:band(f:bxor(g))) + k[i] + w[i]
        local u = a:ror(28):bxor(a:ror(34), a:ror(39)) + a:band(b):bor(c:band(a:bor(b)))
        z, g, f, e, d, c, b, a = g, f, e, d + t, c, b, a, t + u
      end
      for i, v in ipairs({ a, b, c, d, e, f, g, z }) do h[i] = h[i] + v end
    end
    for i = 1, 8 do h[i] = Struct.pack(">I4I4", h[i]:higher(), h[i]:lower()) end
    return concat(h)
  end
  sha2[48] = function(m) return sha512(m, starts384):sub(1, 48) end
  sha2[64] = function(m) return sha512(m, starts) end

  -- hmac returns the HMAC of a message with a hash of that many bytes.
  function hmac(hash, key, m)
    local block = hash == 32 and 64 or 128
    if #key > block then key = sha2[hash](key) end
    key = key .. ("\0"):rep(block - #key)
    local function with(pad)
      return (key:gsub(".", function(c) return char(bxor(byte(c), pad)) end))
    end
    return sha2[hash](with(0x5c) .. sha2[hash](with(0x36) .. m))
  end

  -- The tables of AES: the S-box, its inverse, and what the inverse makes of a byte in
  -- each place of a column.
  local box, inverse, columns = {}, {}, { {}, {}, {}, {} }
  do
    local function double(x) return x < 128 and 2 * x or bxor(2 * x - 256, 0x1b) end
    local power, log, x = {}, {}, 1 -- of the generator 3
    for i = 0, 254 do
      power[i], log[x] = x, i
      x = bxor(x, double(x))
    end
    local function times(a, b) return a == 0 and 0 or power[(log[a] + log[b]) % 255] end
    for i = 0, 255 do
      local v = i == 0 and 0 or power[-log[i] % 255]
      local s = bxor(v * 0x101, v * 2 * 0x101, v * 4 * 0x101, v * 8 * 0x101, v * 16 * 0x101)
      s = bxor(band(rshift(s, 8), 255), 0x63)
      box[i], inverse[s] = s, i
    end
    for i = 0, 255 do
      local v = inverse[i]
      local column = bor(lshift(times(v, 14), 24), lshift(times(v, 9), 16), lshift(times(v, 13), 8), times(v, 11))
      for place = 1, 4 do columns[place][i] = ror(column, 8 * place - 8) end
    end
  end

  -- schedule returns the round keys for decryption, words of 32 bits, last round first.
  local function schedule(key)
    local n, w, round = #key / 4, {}, 1
    local function sub(x)
      return bor(lshift(box[rshift(x, 24)], 24), lshift(box[band(rshift(x, 16), 255)], 16),
        lshift(box[band(rshift(x, 8), 255)], 8), box[band(x, 255)])
    end
    for i = 0, n - 1 do w[i] = tobit((Struct.unpack(">I4", key, 4 * i + 1))) end
    for i = n, 4 * (n + 7) - 1 do
      local x = w[i - 1]
      if i % n == 0 then
        x = bxor(sub(ror(x, 24)), lshift(round, 24))
        round = round < 128 and 2 * round or 0x1b
      elseif n > 6 and i % n == 4 then
        x = sub(x)
      end
      w[i] = bxor(w[i - n], x)
    end
    local keys, c1, c2, c3, c4 = {}, columns[1], columns[2], columns[3], columns[4]
    for r = 0, n + 6 do
      for i = 0, 3 do
        local x = w[4 * (n + 6 - r) + i]
        if r > 0 and r < n + 6 then
          x = bxor(c1[box[rshift(x, 24)]], c2[box[band(rshift(x, 16), 255)]],
            c3[box[band(rshift(x, 8), 255)]], c4[box[band(x, 255)]])
        end
        keys[#keys + 1] = x
      end
    end
    return keys
  end

  -- final returns a word of plain text: what the last round makes of a word of each
  -- column, with a round key and a word of the cipher text before.
  local function final(w, x, y, z, k, p)
    return bxor(lshift(inverse[rshift(w, 24)], 24), lshift(inverse[band(rshift(x, 16), 255)], 16),
      lshift(inverse[band(rshift(y, 8), 255)], 8), inverse[band(z, 255)], k, p) % 0x100000000
  end

  -- decrypt returns what AES in CBC mode makes of whole blocks.
  function decrypt(key, iv, text)
    local keys, out = schedule(key), {}
    local c1, c2, c3, c4, last = columns[1], columns[2], columns[3], columns[4], #keys - 3
    local unpack, pack = Struct.unpack, Struct.pack
    local p1, p2, p3, p4 = unpack(">I4I4I4I4", iv)
    for at = 1, #text, 16 do
      local n1, n2, n3, n4 = unpack(">I4I4I4I4", text, at)
      local a, b, c, d = bxor(n1, keys[1]), bxor(n2, keys[2]), bxor(n3, keys[3]), bxor(n4, keys[4])
      for r = 5, last - 1, 4 do
        a, b, c, d =
          bxor(c1[rshift(a, 24)], c2[band(rshift(d, 16), 255)], c3[band(rshift(c, 8), 255)], c4[band(b, 255)], keys[r]),
          bxor(c1[rshift(b, 24)], c2[band(rshift(a, 16), 255)], c3[band(rshift(d, 8), 255)], c4[band(c, 255)], keys[r + 1]),
          bxor(c1[rshift(c, 24)], c2[band(rshift(b, 16), 255)], c3[band(rshift(a, 8), 255)], c4[band(d, 255)], keys[r + 2]),
          bxor(c1[rshift(d, 24)], c2[band(rshift(c, 16), 255)], c3[band(rshift(b, 8), 255)], c4[band(a, 255)], keys[r + 3])
      end
      out[#out + 1] = pack(">I4I4I4I4", final(a, d, c, b, keys[last], p1), final(b, a, d, c, keys[last + 1], p2),
        final(c, b, a, d, keys[last + 2], p3), final(d, c, b, a, keys[last + 3], p4))
      p1, p2, p3, p4 = n1, n2, n3, n4
    end
    return concat(out)
  end
end
