-- The room that customization scripts run in: Karmada's functions and nothing else, counted.
--
-- Arguments: the limit of instructions, the source of the pattern library, and the host functions
-- behind `kube` (each returns ok, value). Returns `compile(text)` and
-- `run(action, chunk, name, ...)`.
--
-- Rules
-- 1. Every call gets fresh globals and fresh library tables: nothing leaks to the next object.
-- 2. A hook counts instructions. Once the limit is passed it fires at each instruction and raises
--    at each, so that no pcall loop outlives it.
-- 3. What runs long inside one C function is charged in advance (patterns, sort, rep, ...).
-- 4. Processor time only aborts: it is the net below rule 3, far above what the limit allows.
-- 5. A hook needs room on both stacks and is off inside an error handler. Hence pcall charges for
--    itself, calls from C into Lua nest only so deep, and xpcall calls its handler afterwards.

local limit, pattern_source, host = ...

local STEP = 100
local SECONDS = 1.2
local LARGEST_STRING = 8 * 1024 * 1024
local GARBAGE_KILOBYTES = 12 * 1024
local DEEPEST_NESTING = 100
local STEPS_OF_PCALL = 20
local OUT_OF_MEMORY = "not enough memory"

local sethook, getinfo = debug.sethook, debug.getinfo
local clock, collectgarbage = os.clock, collectgarbage
local setfenv, setmetatable, getmetatable = setfenv, setmetatable, getmetatable
local loadstring, pcall, error, select, unpack = loadstring, pcall, error, select, unpack
local type, tostring, tonumber, next, pairs, rawget = type, tostring, tonumber, next, pairs, rawget
local floor, huge = math.floor, math.huge
local format, byte, find, gsub = string.format, string.byte, string.find, string.gsub
local concat, sort, insert, remove = table.concat, table.sort, table.insert, table.remove
local rep, lower, upper, reverse = string.rep, string.lower, string.upper, string.reverse
local date = os.date

local used, started, depth = 0, 0, 0
local run

local function expire(message)
  sethook(function()
    -- The sandbox itself has to get away to clean up; everything else is stopped again.
    local caller = getinfo(2, "f")
    if caller and caller.func == run then return end
    error(message, 0)
  end, "", 1)
  error(message, 0)
end

local function check()
  if used > limit then expire("instruction limit exceeded") end
  if clock() - started > SECONDS then expire("time limit exceeded") end
end

local function charge(steps)
  used = used + steps
  check()
end

local function hook()
  used = used + STEP
  check()
end

local function enter()
  if depth >= DEEPEST_NESTING then error("C stack overflow", 0) end
  depth = depth + 1
end

local function leave(before, ...)
  depth = before
  return ...
end

local function caught(before, ok, problem, ...)
  depth = before
  -- A script that filled the memory is not let try again.
  if not ok and problem == OUT_OF_MEMORY then expire("memory limit exceeded") end
  return ok, problem, ...
end

local function charged_pcall(...)
  local before = depth
  charge(STEPS_OF_PCALL)
  enter()
  return caught(before, pcall(...))
end

local function with_handler(handler, ok, ...)
  if ok then return true, ... end
  return false, handler((...))
end

local function charged_xpcall(call, handler)
  return with_handler(handler, charged_pcall(call))
end

-- Result → JSON text ------------------------------------------------------------------------------
-- As layeh.com/gopher-json, which Karmada uses: an empty table is `[]`, a table met twice is refused.

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\" }
for code = 0, 31 do ESCAPES[string.char(code)] = format("\\u%04x", code) end

local out, size, met, quoted = {}, 0, {}, {}
local write

local function put(text)
  size = size + 1
  out[size] = text
end

local function quote(text)
  local done = quoted[text]
  if not done then
    done = '"' .. gsub(text, '[%c"\\]', ESCAPES) .. '"'
    quoted[text] = done
  end
  return done
end

local function write_list(list, count)
  put("[")
  for index = 1, count do
    if index > 1 then put(",") end
    write(list[index])
  end
  put("]")
end

local function write_map(map)
  local comma = "{"
  for key, value in next, map do
    if type(key) ~= "string" then error("cannot encode mixed or invalid key types", 0) end
    put(comma)
    put(quote(key))
    put(":")
    write(value)
    comma = ","
  end
  put("}")
end

-- The length of a list without holes.
local function list_length(list)
  local count, largest = 0, 0
  for key in next, list do
    if type(key) ~= "number" then error("cannot encode mixed or invalid key types", 0) end
    count = count + 1
    if key > largest then largest = key end
  end
  if count ~= largest or list[count] == nil then error("cannot encode sparse array", 0) end
  return count
end

local function write_table(value)
  if met[value] then error("cannot encode recursively nested tables to JSON", 0) end
  met[value] = true
  local key = next(value)
  if key == nil then
    put("[]")
  elseif type(key) == "number" then
    write_list(value, list_length(value))
  else
    write_map(value)
  end
end

local function number_text(value)
  if value ~= value or value == huge or value == -huge then
    error("cannot encode a number that is not finite", 0)
  end
  if value == floor(value) and value < 1e15 and value > -1e15 then return format("%d", value) end
  return format("%.17g", value)
end

write = function(value)
  local kind = type(value)
  if kind == "string" then
    put(quote(value))
  elseif kind == "number" then
    put(number_text(value))
  elseif kind == "boolean" then
    put(value and "true" or "false")
  elseif kind == "table" then
    write_table(value)
  else
    error("cannot encode " .. kind .. " to JSON", 0)
  end
end

local function encode(value)
  size, met = 0, {}
  write(value)
  local text = concat(out, "", 1, size)
  if size > 10000 then out = {} end
  return text
end

-- The type of a result, and the result: a table as JSON text.
local function outcome(value)
  local kind = type(value)
  if kind == "table" then return kind, encode(value) end
  if kind == "function" or kind == "userdata" then return kind, nil end
  return kind, value
end

-- Libraries ---------------------------------------------------------------------------------------

local function text_argument(value, name)
  if type(value) == "number" then return tostring(value) end
  if type(value) ~= "string" then
    error("bad argument #1 to '" .. name .. "' (string expected, got " .. type(value) .. ")", 3)
  end
  return value
end

local function charged(name, genuine)
  return function(text, ...)
    text = text_argument(text, name)
    charge(#text / 16)
    return genuine(text, ...)
  end
end

local function bounded_rep(text, count)
  text = text_argument(text, "rep")
  count = tonumber(count) or error("bad argument #2 to 'rep' (number expected)", 2)
  if count > 0 and #text * count > LARGEST_STRING then error("resulting string too large", 2) end
  charge(#text * (count > 0 and count or 0) / 16)
  return rep(text, count)
end

local STRING = assert(loadstring(pattern_source, "=patterns"))(string, charge)
for _, name in pairs({ "byte", "char", "format", "len", "sub" }) do STRING[name] = string[name] end
STRING.rep = bounded_rep
STRING.lower = charged("lower", lower)
STRING.upper = charged("upper", upper)
STRING.reverse = charged("reverse", reverse)

local function table_argument(value, name)
  if type(value) ~= "table" then
    error("bad argument #1 to '" .. name .. "' (table expected, got " .. type(value) .. ")", 3)
  end
  return value
end

local function charged_on_size(name, genuine)
  return function(list, ...)
    local length = #table_argument(list, name)
    if select("#", ...) ~= 1 or name ~= "insert" then charge(length / 16) end
    return genuine(list, ...)
  end
end

local function charged_sort(list, is_less)
  local length = #table_argument(list, "sort")
  charge(length * 16 / 10)
  if not is_less then return sort(list) end
  local before = depth
  enter()
  return leave(before, sort(list, is_less))
end

local function charged_concat(list, separator, first, last)
  charge(#table_argument(list, "concat") / 2)
  return concat(list, separator, first, last)
end

local TABLE = {
  insert = charged_on_size("insert", insert),
  remove = charged_on_size("remove", remove),
  sort = charged_sort,
  concat = charged_concat,
  maxn = charged_on_size("maxn", table.maxn),
  getn = function(list) return #table_argument(list, "getn") end,
}

local MATH = {}
for name, value in pairs(math) do MATH[name] = value end
-- An interpretation follows from its input alone.
MATH.random, MATH.randomseed = nil, nil

-- Days from 1970-01-01 to a date of the Gregorian calendar.
local function days_until(year, month, day)
  year = year + floor((month - 1) / 12)
  month = (month - 1) % 12 + 1
  -- Years that begin in March put the leap day at their end.
  local shifted = month > 2 and year or year - 1
  local era = floor(shifted / 400)
  local year_of_era = shifted - era * 400
  local day_of_year = floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  local leap_days = floor(year_of_era / 4) - floor(year_of_era / 100)
  return era * 146097 + year_of_era * 365 + leap_days + day_of_year - 719468
end

local function date_field(moment, name, default)
  local value = tonumber(moment[name]) or default
  if not value then error("field '" .. name .. "' missing in date table", 3) end
  return value
end

-- Times are UTC wherever the script runs, and never the present.
local OS = {
  time = function(moment)
    if type(moment) ~= "table" then error("os.time needs a table: scripts have no clock", 2) end
    local year, month = date_field(moment, "year"), date_field(moment, "month")
    local days = days_until(year, month, date_field(moment, "day"))
    local hours = days * 24 + date_field(moment, "hour", 12)
    return (hours * 60 + date_field(moment, "min", 0)) * 60 + date_field(moment, "sec", 0)
  end,
  date = function(shape, moment)
    if type(moment) ~= "number" then error("os.date needs a time: scripts have no clock", 2) end
    shape = text_argument(shape, "date")
    return date(byte(shape, 1) == 33 and shape or "!" .. shape, moment)
  end,
}

local function hosted(name)
  local call = host[name]
  return function(...)
    local ok, value = call(...)
    if not ok then error(value, 0) end
    return value
  end
end

local resource_add, resource_number = hosted("resource_add"), hosted("resource_number")
local pod_requirements, pod_dependencies = hosted("pod_requirements"), hosted("pod_dependencies")

local function quantity_argument(value, number)
  if value ~= nil and type(value) ~= "string" then
    error("bad argument #" .. number .. " (string expected, got " .. type(value) .. ")", 3)
  end
  return value or "0"
end

local function expect_count(count, given, name)
  if count ~= given then error(name .. " takes exactly " .. count .. " argument(s)", 3) end
end

local KUBE = {
  resourceAdd = function(...)
    local texts = {}
    for index = 1, select("#", ...) do
      texts[index] = quantity_argument((select(index, ...)), index)
    end
    return resource_add(concat(texts, "\n"))
  end,
  getResourceQuantity = function(...)
    expect_count(1, select("#", ...), "getResourceQuantity")
    return resource_number(quantity_argument((...), 1))
  end,
  accuratePodRequirements = function(...)
    expect_count(1, select("#", ...), "accuratePodRequirements")
    return pod_requirements(encode(table_argument((...), "accuratePodRequirements")))
  end,
  getPodDependencies = function(...)
    expect_count(2, select("#", ...), "getPodDependencies")
    local template, namespace = ...
    if type(namespace) ~= "string" then
      error("bad argument #2 to 'getPodDependencies' (string expected)", 2)
    end
    return pod_dependencies(encode(table_argument(template, "getPodDependencies")), namespace)
  end,
}

local function copy(library)
  local fresh = {}
  for name, value in next, library do fresh[name] = value end
  return fresh
end

local function plain_tostring(...)
  local value = ...
  -- As gopher-lua: a whole number has no exponent.
  if type(value) == "number" and value == floor(value) and value < 1e18 and value > -1e18 then
    return format("%d", value)
  end
  -- An address would differ from run to run.
  if type(value) == "table" or type(value) == "function" then return type(value) end
  return tostring(...)
end

local BASE = {
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, pcall = charged_pcall,
  select = select, tonumber = tonumber, tostring = plain_tostring, type = type, unpack = unpack,
  xpcall = charged_xpcall, print = function() end, _VERSION = _VERSION,
}
local LIBRARIES = { string = STRING, table = TABLE, math = MATH, os = OS }

local function require_of(env)
  return function(name)
    if name == "kube" then return copy(KUBE) end
    if LIBRARIES[name] then return env[name] end
    error("module " .. tostring(name) .. " not found", 2)
  end
end

-- Libraries are copied when a script first names them; the copies die with the call.
local GLOBALS = {
  __index = function(env, name)
    local library = LIBRARIES[name]
    if library then
      local fresh = copy(library)
      env[name] = fresh
      return fresh
    end
    return nil
  end,
}

local function fresh_globals()
  local env = copy(BASE)
  env._G = env
  env.require = require_of(env)
  return setmetatable(env, GLOBALS)
end

-- `("x"):rep(3)` looks its function up here: the bounded library, not the genuine one.
getmetatable("").__index = STRING

-- Entry points ------------------------------------------------------------------------------------

local function message_of(problem)
  if type(problem) == "string" then return problem end
  if type(problem) == "number" then return tostring(problem) end
  return "(the error is a " .. type(problem) .. " value)"
end

-- Runs the chunk with globals of its own and returns the function it defines.
local function entry_of(chunk, name)
  local env = fresh_globals()
  setfenv(chunk, env)
  chunk()
  local entry = rawget(env, name)
  if entry == nil then error("not found function " .. name, 0) end
  return entry
end

local ACTIONS = {
  call = function(chunk, name, ...)
    local first, second = entry_of(chunk, name)(...)
    local first_type, first_value = outcome(first)
    return first_type, first_value, outcome(second)
  end,
  check = function(chunk, name)
    return type(entry_of(chunk, name))
  end,
}

local function compile(text)
  if byte(text, 1) == 27 then return nil, "precompiled scripts are refused" end
  return loadstring(text, "=script")
end

run = function(action, chunk, name, ...)
  if collectgarbage("count") > GARBAGE_KILOBYTES then collectgarbage() end
  used, started, depth, quoted = 0, clock(), 0, {}
  sethook(hook, "", STEP)
  local ok, first_type, first_value, second_type, second_value = pcall(ACTIONS[action], chunk, name, ...)
  sethook()
  if not ok then return false, message_of(first_type) end
  return true, first_type, first_value, second_type, second_value
end

return compile, run
