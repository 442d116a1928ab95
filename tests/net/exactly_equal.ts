/**
 * Whether two values are the same to the last detail: -0, NaN, holes, own keys and their order, class, element types,
 * and the shape of the graph (what is one object on one side is one on the other). A null prototype counts as plain.
 */
export function exactlyEqual(left: unknown, right: unknown): boolean {
  const pairs = new Map<object, object>();
  const taken = new Set<object>();

  const equal = (a: unknown, b: unknown): boolean => {
    if (!isObject(a) || !isObject(b)) return Object.is(a, b);
    if (pairs.has(a)) return pairs.get(a) === b;
    if (taken.has(b)) return false;
    pairs.set(a, b);
    taken.add(b);
    if ((Object.getPrototypeOf(a) ?? Object.prototype) !== (Object.getPrototypeOf(b) ?? Object.prototype)) return false;
    if (ArrayBuffer.isView(a)) return sameBytes(new Uint8Array(a.buffer, a.byteOffset, a.byteLength), b as ArrayBufferView);
    if (a instanceof ArrayBuffer || a instanceof SharedArrayBuffer) return sameBytes(new Uint8Array(a), new Uint8Array(b as ArrayBuffer));
    if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
    if (a instanceof RegExp) return String(a) === String(b) && (b as RegExp).lastIndex === 0;
    if (a instanceof Map) return listsEqual([...a].flat(), [...(b as Map<unknown, unknown>)].flat());
    if (a instanceof Set) return listsEqual([...a], [...(b as Set<unknown>)]);
    if (a instanceof Number || a instanceof String || a instanceof Boolean || a instanceof BigInt) return Object.is(a.valueOf(), b.valueOf());
    if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
    const keys = Object.keys(a);
    const others = Object.keys(b);
    if (keys.length !== others.length || keys.some((key, i) => key !== others[i])) return false;
    return keys.every((key) => equal(own(a, key), own(b, key)));
  };
  const listsEqual = (a: readonly unknown[], b: readonly unknown[]): boolean => a.length === b.length && a.every((item, i) => equal(item, b[i]));
  return equal(left, right);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function own(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)!.value;
}

function sameBytes(a: Uint8Array, b: ArrayBufferView): boolean {
  const other = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
  return a.length === other.length && a.every((byte, i) => byte === other[i]);
}
