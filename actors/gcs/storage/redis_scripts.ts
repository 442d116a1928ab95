/**
 * What runs inside Redis, each script as a whole or not at all. `head` is a hash: the layout's `format`, the
 * `epoch` (which opening of the store has it) and the `seq` of the last batch. `lease` is the sign that the
 * opening lives; it expires by itself. Every other key is a table: a hash of rows.
 *
 * A batch is taken only from the present epoch, so that a head that was taken over changes nothing however late
 * its writes arrive; and only with a `seq` above the last, so that a batch may be sent again when its reply was
 * lost, and one that lingered in a dead connection can't undo a later one.
 */

/** The layout of the keys; goes up when an older release would misread it. */
export const REDIS_FORMAT = 1;

/** KEYS head, lease; ARGV format, holder, lease in ms. Gives ok epoch seq | held epoch-and-holder ms | format found. */
export const ACQUIRE: string = `
local format = redis.call('HGET', KEYS[1], 'format')
if format and format ~= ARGV[1] then return {'format', format} end
local held = redis.call('GET', KEYS[2])
if held then return {'held', held, redis.call('PTTL', KEYS[2])} end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HSET', KEYS[1], 'format', ARGV[1])
redis.call('SET', KEYS[2], epoch .. ' ' .. ARGV[2], 'PX', ARGV[3])
return {'ok', epoch, redis.call('HGET', KEYS[1], 'seq') or '0'}
`;

// An epoch or seq below what was acknowledged means that the server came back without what it had promised.
const GUARD = `
local mine = tonumber(ARGV[1])
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
if epoch > mine then return {'fenced', redis.call('GET', KEYS[2]) or ''} end
local seq = tonumber(redis.call('HGET', KEYS[1], 'seq') or '0')
if epoch < mine or seq < tonumber(ARGV[4]) then return {'lost'} end
redis.call('SET', KEYS[2], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
`;

/** KEYS head, lease; ARGV epoch, holder, lease in ms, last acknowledged seq. Gives ok | fenced holder | lost. */
export const RENEW: string = `${GUARD}
return {'ok'}
`;

/**
 * KEYS head, lease, tables…; ARGV as RENEW, seq, then for each mutation the index of its table in KEYS, its key and
 * its value, or the index negated and its key for a delete. Also gives `foreign key` for a table that is no hash.
 */
export const APPLY: string = `${GUARD}
if seq >= tonumber(ARGV[5]) then return {'ok'} end
for i = 3, #KEYS do
  local kind = redis.call('TYPE', KEYS[i]).ok
  if kind ~= 'hash' and kind ~= 'none' then return {'foreign', KEYS[i]} end
end
local i = 6
while i <= #ARGV do
  local t = tonumber(ARGV[i])
  if t > 0 then
    redis.call('HSET', KEYS[t], ARGV[i + 1], ARGV[i + 2])
    i = i + 3
  else
    redis.call('HDEL', KEYS[-t], ARGV[i + 1])
    i = i + 2
  end
end
redis.call('HSET', KEYS[1], 'seq', ARGV[5])
return {'ok'}
`;

/** KEYS head, lease; ARGV epoch. Lets go of the lease if it is still this epoch's. */
export const RELEASE: string = `
if redis.call('HGET', KEYS[1], 'epoch') == ARGV[1] then redis.call('DEL', KEYS[2]) end
return {'ok'}
`;
