-- Work of every kind for the interpreter: nothing here depends on an address, a clock or a hash seed.
print(_VERSION, math.maxinteger, math.mininteger, math.pi, 1e308 * 10, -1e308 * 10)

-- closures, varargs, recursion
local function fold(f, acc, ...)
  for _, v in ipairs { ... } do acc = f(acc, v) end
  return acc
end
print('fold', fold(function(a, b) return a * 31 + b end, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9))
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print('fib', fib(20))
local function counter() local n = 0 return function() n = n + 1 return n end end
local c, d = counter(), counter()
for _ = 1, 100 do c() end
print('closures', c(), d())

-- 64-bit integers on a 32-bit machine
local x, h = 0x123456789ABCDEF, 0
for i = 1, 3000 do
  x = x ~ (x << 13); x = x ~ (x >> 7); x = x ~ (x << 17)
  h = (h * 33) ~ (x // (i | 1)) ~ (x % (i + 1))
end
print(string.format('integers %d %x', h, x))
for _, p in ipairs { { 7, 3 }, { -7, 3 }, { 7, -3 }, { -7, -3 }, { math.mininteger, -1 }, { math.maxinteger, 2 } } do
  print(p[1] // p[2], p[1] % p[2], p[1] / p[2], p[1] << 3, p[1] >> 3)
end
print(pcall(function() return 1 // 0 end))

-- floating point
local s = 0.0
for i = 1, 400 do s = s + 1 / i ^ 2 * (i % 3 - 1.5) - math.sqrt(i) / 7 + math.fmod(i * 1.1, 0.7) end
print(string.format('floats %.17g %a', s, s))
for _, v in ipairs { 0.1, 1 / 3, 1e-310, 123456789012345678, -0.0, 2 ^ 53 + 1, 5e-324 } do
  print(v, string.format('%.3f %e %.17g', v, v, v), math.floor(v), math.tointeger(v))
end
print(math.floor(-3.5), math.ceil(-3.5), 7 // 0.5, -7 % 2.5, 3 | 0, '10' + 5, 0x7fffffffffffffff + 1)
print(tonumber('0x1p-3'), tonumber('1e1'), tonumber('  12  '), tonumber('z', 36), tonumber('8', 8))

-- strings and patterns
local words = {}
for w in ('the quick brown fox jumps over the lazy dog'):gmatch('%a+') do words[#words + 1] = w end
table.sort(words, function(a, b) return #a ~= #b and #a < #b or #a == #b and a < b end)
print(table.concat(words, ' '), (('x'):rep(10, '-')))
print((('key=value; other = thing'):gsub('(%w+)%s*=%s*(%w+)', '%2:%1')), ('abc'):byte(1, -1))
print(string.pack('>i4 <d s2', -2, 1.5, 'hi'):gsub('.', function(ch) return ('%02x'):format(ch:byte()) end))
local parts = {}
for i = 1, 1200 do parts[#parts + 1] = ('%05d:%s'):format(i * 7919 % 10007, string.char(97 + i % 26)) end
table.sort(parts)
local text, sum = table.concat(parts), 0
for i = 1, #text do sum = (sum * 31 + text:byte(i)) % 4294967291 end
print('strings', #text, sum, text:find('z', 1, true), text:reverse():sub(1, 11))

-- tables, metatables, inheritance
local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return setmetatable({ a[1] + b[1], a[2] + b[2] }, Vector) end
Vector.__eq = function(a, b) return a[1] == b[1] and a[2] == b[2] end
Vector.__tostring = function(v) return '(' .. v[1] .. ',' .. v[2] .. ')' end
local v = setmetatable({ 0, 0 }, Vector)
for i = 1, 500 do v = v + setmetatable({ i, -i }, Vector) end
print(tostring(v), v == setmetatable({ 125250, -125250 }, Vector))
local sieve, primes = {}, 0
for i = 2, 4000 do
  if not sieve[i] then
    primes = primes + 1
    for j = i * i, 4000, i do sieve[j] = true end
  end
end
print('primes', primes)

-- coroutines, errors through setjmp and longjmp
local function permutations(a, n)
  n = n or #a
  if n <= 1 then coroutine.yield(table.concat(a)) return end
  for i = 1, n do
    a[n], a[i] = a[i], a[n]
    permutations(a, n - 1)
    a[n], a[i] = a[i], a[n]
  end
end
local count, last = 0, nil
for p in coroutine.wrap(function() permutations { 1, 2, 3, 4, 5, 6 } end) do count = count + 1 last = p end
print('permutations', count, last)
local caught = 0
for i = 1, 500 do
  local ok, e = pcall(function() if i % 3 == 0 then error({ code = i }) end return i .. nil end)
  if not ok and type(e) == 'table' then caught = caught + e.code elseif not ok then caught = caught + 1 end
end
print('caught', caught, select(2, pcall(error, 'message', 0)))
print(select('#', table.unpack({}, 1, 100)), load('return 2 ^ 10')())

-- garbage, weak tables, finalizers
local weak, finalized = setmetatable({}, { __mode = 'v' }), 0
for mode = 1, 2 do
  collectgarbage(mode == 1 and 'incremental' or 'generational')
  for i = 1, 3000 do
    local t = { i, tostring(i), { i } }
    if i % 100 == 0 then setmetatable(t, { __gc = function() finalized = finalized + 1 end }) end
    weak[i % 50 + 1] = t
  end
  collectgarbage()
end
local alive = 0
for _ in pairs(weak) do alive = alive + 1 end
print('garbage', finalized, alive)
