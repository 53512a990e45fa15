-- Sends the lines of a file one after the other, from a given one on, and prints what came of it as one line of JSON.
-- wrk -s wrk.lua <url> -- <file> <first> <method> [name=value of a header …]
local requests = {}
local at = 0

local function file_lines(name)
  local lines = {}
  for line in io.lines(name) do lines[#lines + 1] = line end
  return lines
end

function init(args)
  local lines = file_lines(args[1])
  local first, method = tonumber(args[2]), args[3]
  local headers = {}
  for n = 4, #args do
    local name, value = args[n]:match("^([^=]+)=(.*)$")
    headers[name] = value
  end
  local path = wrk.path
  for n = 1, #lines do
    local line = lines[(first + n - 1) % #lines + 1]
    if method == "GET" then
      requests[n] = wrk.format("GET", line, headers)
    else
      requests[n] = wrk.format(method, path, headers, line)
    end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"refused":%d,"failed":%d,"p50":%.4f,"p99":%.4f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status, failed,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
