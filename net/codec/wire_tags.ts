/**
 * The private CBOR tags of a value that is more than plain data. Plain data carries none, and no other tag is
 * accepted: the ready-made extensions of CBOR libraries (dates, regular expressions, shared references, packed
 * tables …) can be made to loop or to explode by hostile bytes.
 *
 * | tag | content |
 * | --- | --- |
 * | `graph` | `[root, id, late, id, late …]`: the outermost item; `late` are containers taken out of a deep nesting |
 * | `shared` | `[id, value]`: a value that is referred to elsewhere |
 * | `reference` | `id` of a shared or late value |
 * | `negativeZero` | `0` |
 * | `utf16` | bytes, two a code unit, little endian: a string that UTF-8 cannot carry |
 * | `bigint` | `[negative, magnitude in hexadecimal]`, beyond 64 bits |
 * | `object` | `[key, value, key, value …]`: keys that a CBOR map cannot carry |
 * | `array` | `[length, [index, value …], [name, value …]]`: holes, named properties |
 * | `map`, `set` | `[key, value …]`, `[value …]` |
 * | `date`, `regexp`, `boxed` | `milliseconds`, `[source, flags]`, the primitive |
 * | `binary` | `[kind, bytes]`, see `binary.ts` |
 * | `segment` | `[kind, index]`: the bytes are segment number `index`, which nothing else names |
 * | `error` | `[lineage, name, message, stack, [key, value …], [key, value …]]`: enumerable, then hidden properties |
 * | `extension` | `[tag, wire]` |
 */
export const wireTag = {
  graph: 40_000,
  shared: 40_001,
  reference: 40_002,
  negativeZero: 40_003,
  utf16: 40_004,
  bigint: 40_005,
  object: 40_006,
  array: 40_007,
  map: 40_008,
  set: 40_009,
  date: 40_010,
  regexp: 40_011,
  boxed: 40_012,
  binary: 40_013,
  segment: 40_014,
  error: 40_015,
  extension: 40_016,
} as const;

export const firstWireTag = 40_000;
export const lastWireTag = 40_016;
