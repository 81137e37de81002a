-- Lua patterns (find, match, gmatch, gsub) written in Lua, so that the instruction limit counts
-- every step of the search: the C matcher backtracks for minutes with no hook called.
--
-- Rules: Lua 5.1 reference manual, 5.4.1. The C functions are used where the longest possible
-- search is short: length ^ (repetitions + 1) steps, charged in advance.
--
-- Arguments: the genuine string library, `charge(steps)`. Returns the four functions in a table.

local genuine, charge = ...
local byte, sub, find, gsub = genuine.byte, genuine.sub, genuine.find, genuine.gsub
local type, tostring, error, select = type, tostring, error, select
local unpack, concat = unpack, table.concat

local SHORT_SEARCH = 4000
local STEPS_PER_CHARGE = 8
local MOST_CAPTURES = 32
local UNFINISHED, POSITION = -1, -2
local PERCENT, OPEN, CLOSE, DOLLAR, DOT = 37, 40, 41, 36, 46
local BRACKET, END_BRACKET, CARET, MINUS = 91, 93, 94, 45
local STAR, PLUS, QUESTION, LETTER_B, LETTER_F = 42, 43, 63, 98, 102

-- One search: subject, pattern, and the captures found so far.
local subject, pattern
local level, starts, lengths = 0, {}, {}
local match

local function within(code, low, high)
  return code >= low and code <= high
end

local function is_letter(code)
  return within(code, 65, 90) or within(code, 97, 122)
end

local function is_digit(code)
  return within(code, 48, 57)
end

local function is_punctuation(code)
  return within(code, 33, 126) and not is_letter(code) and not is_digit(code)
end

-- The classes by their lower-case letter; the upper-case letter means the opposite.
local CLASSES = {
  [97] = is_letter,
  [99] = function(code) return code < 32 or code == 127 end,
  [100] = is_digit,
  [108] = function(code) return within(code, 97, 122) end,
  [112] = is_punctuation,
  [115] = function(code) return code == 32 or within(code, 9, 13) end,
  [117] = function(code) return within(code, 65, 90) end,
  [119] = function(code) return is_letter(code) or is_digit(code) end,
  [120] = function(code)
    return is_digit(code) or within(code, 65, 70) or within(code, 97, 102)
  end,
  [122] = function(code) return code == 0 end,
}

local function in_class(code, class)
  local lower = class
  if within(class, 65, 90) then lower = class + 32 end
  local test = CLASSES[lower]
  if test == nil then return class == code end
  return test(code) == (lower == class)
end

-- The position after the single-character item that begins at `at`.
local function item_end(at)
  local code = byte(pattern, at)
  at = at + 1
  if code == PERCENT then
    if at > #pattern then error("malformed pattern (ends with '%')", 0) end
    return at + 1
  end
  if code ~= BRACKET then return at end
  if byte(pattern, at) == CARET then at = at + 1 end
  repeat
    local inner = byte(pattern, at)
    if inner == nil then error("malformed pattern (missing ']')", 0) end
    at = at + 1
    if inner == PERCENT and at <= #pattern then at = at + 1 end
  until byte(pattern, at) == END_BRACKET
  return at + 1
end

-- Whether `code` is in the set from `[` at `at` to `]` at `last`.
local function in_set(code, at, last)
  local found = true
  if byte(pattern, at + 1) == CARET then
    found = false
    at = at + 1
  end
  at = at + 1
  while at < last do
    local item = byte(pattern, at)
    if item == PERCENT then
      at = at + 1
      if in_class(code, byte(pattern, at)) then return found end
      at = at + 1
    elseif byte(pattern, at + 1) == MINUS and at + 2 < last then
      if within(code, item, byte(pattern, at + 2)) then return found end
      at = at + 3
    else
      if item == code then return found end
      at = at + 1
    end
  end
  return not found
end

local function single(code, at, after)
  local item = byte(pattern, at)
  if item == DOT then return true end
  if item == PERCENT then return in_class(code, byte(pattern, at + 1)) end
  if item == BRACKET then return in_set(code, at, after - 1) end
  return item == code
end

local function matches_single(position, at, after)
  return position <= #subject and single(byte(subject, position), at, after)
end

local function longest_first(position, at, after)
  local count = 0
  while matches_single(position + count, at, after) do count = count + 1 end
  while count >= 0 do
    local result = match(position + count, after + 1)
    if result then return result end
    count = count - 1
  end
  return nil
end

local function shortest_first(position, at, after)
  while true do
    local result = match(position, after + 1)
    if result then return result end
    if not matches_single(position, at, after) then return nil end
    position = position + 1
  end
end

local function open_capture(position, at, what)
  if level >= MOST_CAPTURES then error("too many captures", 0) end
  level = level + 1
  starts[level], lengths[level] = position, what
  local result = match(position, at)
  if not result then level = level - 1 end
  return result
end

local function close_capture(position, at)
  local open = level
  while open > 0 and lengths[open] ~= UNFINISHED do open = open - 1 end
  if open == 0 then error("invalid pattern capture", 0) end
  lengths[open] = position - starts[open]
  local result = match(position, at)
  if not result then lengths[open] = UNFINISHED end
  return result
end

local function after_balanced(position, at)
  local first, last = byte(pattern, at), byte(pattern, at + 1)
  if last == nil then error("unbalanced pattern", 0) end
  if position > #subject or byte(subject, position) ~= first then return nil end
  local depth = 1
  for here = position + 1, #subject do
    local code = byte(subject, here)
    if code == last then
      depth = depth - 1
      if depth == 0 then return here + 1 end
    elseif code == first then
      depth = depth + 1
    end
  end
  return nil
end

local function after_capture_again(position, digit)
  local index = digit - 48
  if index < 1 or index > level or lengths[index] == UNFINISHED then
    error("invalid capture index", 0)
  end
  local length = lengths[index]
  if length < 0 then length = 0 end
  if #subject - position + 1 < length then return nil end
  local again = sub(subject, starts[index], starts[index] + length - 1)
  if sub(subject, position, position + length - 1) ~= again then return nil end
  return position + length
end

-- Whether a frontier `%f[set]` lies before `position`; `at` is the set's bracket.
local function is_frontier(position, at, after)
  local before = position > 1 and byte(subject, position - 1) or 0
  local here = position <= #subject and byte(subject, position) or 0
  return not in_set(before, at, after - 1) and in_set(here, at, after - 1)
end

-- The position after the match of the pattern from `at` on, or nil.
match = function(position, at)
  while true do
    local item = byte(pattern, at)
    if item == nil then return position end
    local following = byte(pattern, at + 1)
    if item == OPEN then
      if following == CLOSE then return open_capture(position, at + 2, POSITION) end
      return open_capture(position, at + 1, UNFINISHED)
    elseif item == CLOSE then
      return close_capture(position, at + 1)
    elseif item == DOLLAR and following == nil then
      return position == #subject + 1 and position or nil
    elseif item == PERCENT and following == LETTER_B then
      position = after_balanced(position, at + 2)
      if not position then return nil end
      at = at + 4
    elseif item == PERCENT and following == LETTER_F then
      at = at + 2
      if byte(pattern, at) ~= BRACKET then error("missing '[' after '%f' in pattern", 0) end
      local after = item_end(at)
      if not is_frontier(position, at, after) then return nil end
      at = after
    elseif item == PERCENT and following and is_digit(following) then
      position = after_capture_again(position, following)
      if not position then return nil end
      at = at + 2
    else
      local after = item_end(at)
      local repetition = byte(pattern, after)
      if repetition == QUESTION then
        if matches_single(position, at, after) then
          local result = match(position + 1, after + 1)
          if result then return result end
        end
        at = after + 1
      elseif repetition == STAR then
        return longest_first(position, at, after)
      elseif repetition == PLUS then
        if not matches_single(position, at, after) then return nil end
        return longest_first(position + 1, at, after)
      elseif repetition == MINUS then
        return shortest_first(position, at, after)
      else
        if not matches_single(position, at, after) then return nil end
        position, at = position + 1, after
      end
    end
  end
end

local function begin(text, form)
  subject, pattern, level = text, form, 0
end

local function capture(index)
  if lengths[index] == POSITION then return starts[index] end
  if lengths[index] == UNFINISHED then error("unfinished capture", 0) end
  return sub(subject, starts[index], starts[index] + lengths[index] - 1)
end

-- All captures as a list and their number; the whole match where there are none and it is asked.
local function captures(from, after, whole)
  if level == 0 then
    if whole then return { sub(subject, from, after - 1) }, 1 end
    return {}, 0
  end
  local found = {}
  for index = 1, level do found[index] = capture(index) end
  return found, level
end

-- The first match at or after `from`: its start and the position after it.
local function search(text, form, from)
  local at, anchored = 1, false
  if byte(form, 1) == CARET then at, anchored = 2, true end
  repeat
    begin(text, form)
    local after = match(from, at)
    if after then return from, after end
    from = from + 1
  until anchored or from > #text + 1
  return nil
end

local function check_text(value, number, name)
  local kind = type(value)
  if kind == "number" then return tostring(value) end
  if kind ~= "string" then
    error("bad argument #" .. number .. " to '" .. name .. "' (string expected, got "
      .. (value == nil and "no value" or kind) .. ")", 0)
  end
  return value
end

-- How many repetitions a pattern has at most; escaped ones are counted too, which errs on the
-- safe side.
local function repetitions(form)
  local _, count = gsub(form, "[*+?%-]", "")
  local _, balanced = gsub(form, "%%b", "")
  return count + balanced
end

-- Whether the C function is quick enough for this search; what it may cost is charged.
local function is_short(text, form)
  local length, cost = #text + 1, #form
  if length > SHORT_SEARCH then return false end
  for _ = 0, repetitions(form) do
    cost = cost * length
    if cost > SHORT_SEARCH then return false end
  end
  charge(cost / STEPS_PER_CHARGE)
  return true
end

local function first_position(text, init)
  init = init or 1
  if type(init) ~= "number" then error("bad argument #3 (number expected)", 0) end
  if init < 0 then init = #text + init + 1 end
  if init < 1 then init = 1 end
  return init
end

local patterns = {}

function patterns.find(text, form, init, plain)
  text, form = check_text(text, 1, "find"), check_text(form, 2, "find")
  if plain or not find(form, "[%^%$%*%+%?%.%(%[%%%-]") then
    charge(#text * #form / 1024)
    return find(text, form, init, true)
  end
  if is_short(text, form) then return find(text, form, init) end
  init = first_position(text, init)
  if init > #text + 1 then init = #text + 1 end
  local from, after = search(text, form, init)
  if not from then return nil end
  local found, count = captures(from, after, false)
  return from, after - 1, unpack(found, 1, count)
end

function patterns.match(text, form, init)
  text, form = check_text(text, 1, "match"), check_text(form, 2, "match")
  if is_short(text, form) then return genuine.match(text, form, init) end
  init = first_position(text, init)
  if init > #text + 1 then init = #text + 1 end
  local from, after = search(text, form, init)
  if not from then return nil end
  local found, count = captures(from, after, true)
  return unpack(found, 1, count)
end

function patterns.gmatch(text, form)
  text, form = check_text(text, 1, "gmatch"), check_text(form, 2, "gmatch")
  if is_short(text, form) then return genuine.gmatch(text, form) end
  local from = 1
  return function()
    while from <= #text + 1 do
      begin(text, form)
      local start = from
      local after = match(start, 1)
      if after then
        from = after > start and after or after + 1
        local found, count = captures(start, after, true)
        return unpack(found, 1, count)
      end
      from = from + 1
    end
    return nil
  end
end

local function expanded(template, from, after)
  return (gsub(template, "%%(.)", function(mark)
    if mark == "0" then return sub(subject, from, after - 1) end
    if find(mark, "^[1-9]") then
      if mark == "1" and level == 0 then return sub(subject, from, after - 1) end
      local index = byte(mark) - 48
      if index > level then error("invalid capture index", 0) end
      return tostring(capture(index))
    end
    return mark
  end))
end

local function replacement(from, after, by)
  local original = sub(subject, from, after - 1)
  local value
  if type(by) == "string" then
    charge(#by)
    value = expanded(by, from, after)
  else
    local found, count = captures(from, after, true)
    if type(by) == "table" then value = by[found[1]] else value = by(unpack(found, 1, count)) end
  end
  if not value then return original end
  if type(value) ~= "string" and type(value) ~= "number" then
    error("invalid replacement value (a " .. type(value) .. ")", 0)
  end
  return tostring(value)
end

function patterns.gsub(text, form, by, most)
  text, form = check_text(text, 1, "gsub"), check_text(form, 2, "gsub")
  if type(by) == "number" then by = tostring(by) end
  if type(by) ~= "string" and type(by) ~= "table" and type(by) ~= "function" then
    error("bad argument #3 to 'gsub' (string/function/table expected)", 0)
  end
  -- A function is called from here rather than from C: nested C calls leave the hook no room.
  if type(by) ~= "function" and is_short(text, form) then
    if type(by) == "string" then charge(#text * #by / STEPS_PER_CHARGE) end
    return gsub(text, form, by, most)
  end
  most = most or #text + 1
  local at, anchored = 1, false
  if byte(form, 1) == CARET then at, anchored = 2, true end
  local out, count, position = {}, 0, 1
  while count < most do
    begin(text, form)
    local after = match(position, at)
    if after then
      count = count + 1
      out[#out + 1] = replacement(position, after, by)
    end
    if after and after > position then
      position = after
    elseif position <= #text then
      out[#out + 1] = sub(text, position, position)
      position = position + 1
    else
      break
    end
    if anchored then break end
  end
  out[#out + 1] = sub(text, position)
  return concat(out), count
end

return patterns
