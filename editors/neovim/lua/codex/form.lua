-- What an MCP server wants to know: asked for field by field.

local M = {}

---@class codex.Field
---@field name string
---@field title? string
---@field description? string
---@field type 'string'|'number'|'integer'|'boolean'|'array'
---@field choices? { value: string, title: string }[]
---@field required? boolean
---@field default? any

---@param field codex.Field
---@return string
local function saying(field)
  local what = field.title and field.title ~= '' and field.title or field.name
  if field.description and field.description ~= '' then
    what = what .. ': ' .. field.description
  end
  what = what:gsub('%s+', ' ')
  return field.required and what or what .. ' (may be left out)'
end

--- Reads what was typed. Nil and a reason when it cannot be the field's value.
---@param field codex.Field
---@param text string
---@return any value, string? wrong
local function read(field, text)
  if field.type == 'string' then
    return text
  elseif field.type == 'array' then
    local values = {}
    for part in vim.gsplit(text, ',') do
      part = vim.trim(part)
      local choice = vim.iter(field.choices or {}):find(function(c)
        return c.title == part or c.value == part
      end)
      if part ~= '' and not choice then
        return nil, part .. ' is not offered'
      elseif choice then
        values[#values + 1] = choice.value
      end
    end
    return values
  end
  local n = tonumber(text)
  if not n or (field.type == 'integer' and n ~= math.floor(n)) then
    return nil, field.type == 'integer' and 'a whole number is needed' or 'a number is needed'
  end
  return n
end

---@param field codex.Field
---@param use fun(value: any?, given_up?: boolean) nil leaves the field out
local function choose(field, use)
  local items = field.type == 'boolean'
      and { { title = 'Yes', value = true }, { title = 'No', value = false } }
    or vim.list_slice(field.choices or {})
  if not field.required then
    items[#items + 1] = { title = 'Leave out' }
  end
  local opts = {
    prompt = saying(field),
    format_item = function(item)
      return item.title .. (item.value ~= nil and item.value == field.default and ' (default)' or '')
    end,
  }
  vim.ui.select(items, opts, function(item)
    use(item and item.value, not item)
  end)
end

---@param field codex.Field
---@param use fun(value: any?, given_up?: boolean)
---@param wrong? string of what was typed before
local function type_in(field, use, wrong)
  local prompt = (wrong and wrong .. '. ' or '') .. saying(field)
  local default = field.default
  if field.type == 'array' then
    local titles = vim.tbl_map(function(c)
      return c.title
    end, field.choices or {})
    prompt = ('%s, of %s'):format(prompt, table.concat(titles, ', '))
    default = type(default) == 'table' and table.concat(default, ', ') or nil
  end
  local opts = { prompt = prompt .. ': ', default = default and tostring(default) or '' }
  vim.ui.input(opts, function(text)
    if not text then
      return use(nil, true)
    end
    text = vim.trim(text)
    if text == '' and not field.required then
      return use(nil)
    elseif text == '' then
      return type_in(field, use, 'This is needed')
    end
    local value, problem = read(field, text)
    if problem then
      return type_in(field, use, problem)
    end
    use(value)
  end)
end

--- Asks for each field, and calls back with all of them, or nil when the user
--- gave up.
---@param fields codex.Field[]
---@param done fun(content: table<string, any>?)
function M.fill(fields, done)
  local content = vim.empty_dict()
  local function ask(i)
    local field = fields[i]
    if not field then
      return done(content)
    end
    local offers = field.type == 'boolean' or (field.type ~= 'array' and #(field.choices or {}) > 0)
    local by = offers and choose or type_in
    by(field, function(value, given_up)
      if given_up then
        return done(nil)
      end
      content[field.name] = value
      ask(i + 1)
    end)
  end
  ask(1)
end

return M
