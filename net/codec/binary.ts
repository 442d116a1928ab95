import { CorruptDataFault } from "./faults.ts";

type View<B extends ArrayBufferLike = ArrayBufferLike> = ArrayBufferView<B>;
type ViewClass = {
  readonly name: string;
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): View;
};

/** The kinds of binary value; a kind travels as its position here, so the order is part of the wire format. */
const kinds: readonly string[] = [
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float16Array",
];
const arrayBufferKind = 0;
const sharedArrayBufferKind = 1;

/** Undefined where this runtime lacks the class. */
const viewClasses: readonly (ViewClass | undefined)[] = kinds.map((name) => {
  const found = (globalThis as Record<string, unknown>)[name];
  return name.endsWith("ArrayBuffer") || typeof found !== "function" ? undefined : (found as unknown as ViewClass);
});

/** Its getter tells the element type of any typed array, also of a subclass or of another realm. */
const typedArrayTag: (this: unknown) => string | undefined = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get as (this: unknown) => string | undefined;

export type Binary = ArrayBufferLike | View;

/** The wire kind of a binary value, -1 for a typed array that this build does not know. */
export function binaryKind(value: Binary): number {
  if (ArrayBuffer.isView(value)) return kinds.indexOf(typedArrayTag.call(value) ?? "DataView");
  return value instanceof ArrayBuffer ? arrayBufferKind : sharedArrayBufferKind;
}

/** The bytes of a binary value, in place; a view gives its own window alone. */
export function bytesOf(value: Binary): Uint8Array {
  if (!ArrayBuffer.isView(value)) return new Uint8Array(value);
  if (value.constructor === Uint8Array) return value as Uint8Array;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/**
 * The binary value of wire kind `kind` over `source`. A typed array or DataView is a view on the memory of `source`
 * (a copy only where `source` is not aligned for it); a buffer is always a private copy, since it cannot be a part of
 * another. Throws CorruptDataFault.
 */
export function binaryOver(source: View, kind: unknown): Binary {
  const { buffer, byteOffset, byteLength } = source;
  if (kind === arrayBufferKind) return privateBytes(source).buffer;
  if (kind === sharedArrayBufferKind) {
    const shared = new SharedArrayBuffer(byteLength);
    new Uint8Array(shared).set(bytesOf(source));
    return shared;
  }
  const viewClass = typeof kind === "number" ? viewClasses[kind] : undefined;
  if (viewClass === undefined) {
    throw new CorruptDataFault(
      `a binary value of kind ${typeof kind === "number" ? (kinds[kind] ?? kind) : "unknown"}, which this runtime does not have`,
    );
  }
  const size = viewClass.BYTES_PER_ELEMENT ?? 1;
  if (byteLength % size !== 0) throw new CorruptDataFault(`${byteLength} bytes are no whole number of elements of ${viewClass.name}`);
  if (byteOffset % size !== 0) return new viewClass(privateBytes(source).buffer, 0, byteLength / size);
  return new viewClass(buffer, byteOffset, byteLength / size);
}

function privateBytes(source: View): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytesOf(source));
}
