import fc from "fast-check";

/** What is wrong as almost any argument: of each type, of any size, and with the names that objects have of their own. */
const NAMES = ["", "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "x", "\0", "é".repeat(50), "y".repeat(20_000)];
/** No node or place has such a number. */
const NUMBERS = [-1, -0.5, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 40 + 7, 2 ** 53, -(2 ** 53), 1e308];

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { __proto__: null, a: value };
  return value;
}

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...NAMES),
  fc.constantFrom<unknown>(...NUMBERS),
  fc.constantFrom<unknown>(null, undefined, true, false, 5n, new Uint8Array(), new Uint8Array([0x81, 0xff, 3]), new Uint8Array(5_000).fill(0x81)),
  fc.uint8Array({ maxLength: 20 }),
);
/** Names of fields that contracts read. */
const field = fc.constantFrom(
  ...[
    "__proto__",
    "constructor",
    "id",
    "nodeId",
    "kind",
    "limit",
    "resources",
    "labels",
    "bundles",
    "name",
    "namespace",
    "owner",
    "number",
    "demand",
    "node",
  ],
  ...[
    "template",
    "strategy",
    "sequence",
    "force",
    "deadlineMs",
    "reason",
    "place",
    "code",
    "options",
    "source",
    "files",
    "value",
    "topic",
    "key",
    "children",
  ],
);

/** An argument that a contract's method does not expect. */
export const argument: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    { arbitrary: leaf, weight: 4 },
    fc.array(tie("any"), { maxLength: 4 }),
    fc.array(fc.tuple(field, tie("any")), { maxLength: 5 }).map((entries) => {
      const made: Record<string, unknown> = {};
      // As an own field, which a decoder makes of such a key; `made[key] =` would set the prototype.
      for (const [key, value] of entries) Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
      return made;
    }),
    fc.constantFrom(
      nested(40),
      nested(400),
      Array.from({ length: 3_000 }, () => null),
    ),
  ),
})).any as fc.Arbitrary<unknown>;
