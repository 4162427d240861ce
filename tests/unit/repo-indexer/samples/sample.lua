local json = require("json")
local M = {}

LIMIT = 3

-- Says hello.
local function greet(name)
  return format(name)
end

--- The area.
function M.area(scale)
  local inner = json.decode(scale)
  return M.square(inner)
end

function M:draw(x)
  self:paint(x)
end

M.clear = function() greet("all") end

return M
