import { decodeCbor, encodeCbor } from "./cbor.ts";
import { type ErrorClass, type ErrorClassOptions, ErrorRegistry } from "./errors.ts";
import type { Extension } from "./extension.ts";
import { CorruptDataFault, SerializationFault } from "./faults.ts";
import { type CodecParts, Lowering } from "./lowering.ts";
import { isExact } from "./primitives.ts";
import { Raising } from "./raising.ts";

/** Typed arrays and buffers of this many bytes or more travel beside the bytes. */
export const defaultSegmentThreshold = 102_400;

/** One encoded value. */
export interface Encoded {
  /** One CBOR item, in memory of its own: the caller may keep or transfer it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The big binary values, in order, still in the memory of the user's value: copy them (`seal`) before user code runs again. */
  readonly segments: readonly ArrayBufferView[];
}

export interface ValueCodecOptions<Context> {
  /** Bytes; default `defaultSegmentThreshold`. */
  readonly segmentThreshold?: number;
  readonly extensions?: readonly Extension<object, unknown, Context>[];
  /** Default: one of the codec's own, that knows the standard classes. */
  readonly errors?: ErrorRegistry;
  /**
   * Whether an own property of an error that cannot travel becomes a text that says so, instead of failing the whole.
   * For errors on their way to a caller, where the error matters more. Default false.
   */
  readonly lenientErrors?: boolean;
}

const noSegments: readonly ArrayBufferView[] = Object.freeze([]);

/**
 * Carries user values between places: all that structured clone carries (less Blob and platform objects), errors
 * whole, and what extensions take. Cycles and shared identity inside one value are kept; any depth.
 *
 * Where it differs from structured clone, on purpose: errors keep class, fields and cause; a view on a buffer carries
 * its own window alone, and two views on one buffer come back on two; a SharedArrayBuffer, and a view on one, comes
 * back as a copy that shares nothing with the original; a Proxy is read like what it stands for.
 *
 * Plain data costs a copying scan and cbor-x; what is not plain data is tagged (`wire_tags.ts`).
 */
export class ValueCodec<Context = unknown> {
  readonly #extensions: Extension[];
  readonly #parts: CodecParts;
  /** The error classes that come back as themselves. */
  readonly errors: ErrorRegistry;

  constructor(options: ValueCodecOptions<Context> = {}) {
    this.#extensions = [];
    this.errors = options.errors ?? new ErrorRegistry();
    this.#parts = {
      segmentThreshold: options.segmentThreshold ?? defaultSegmentThreshold,
      lenientErrors: options.lenientErrors ?? false,
      extensions: this.#extensions,
      errors: this.errors,
    };
    for (const extension of options.extensions ?? []) this.register(extension);
  }

  /** Adds an extension; the first that matches an object takes it. Throws RangeError if the tag is taken. */
  register<T extends object, Wire>(extension: Extension<T, Wire, Context>): void {
    if (this.#extensions.some(({ tag }) => tag === extension.tag)) throw new RangeError(`The extension tag ${extension.tag} is taken.`);
    this.#extensions.push(extension as unknown as Extension);
  }

  /** Short for `errors.register`. */
  registerErrorClass<E extends Error>(name: string, errorClass: ErrorClass<E>, options?: ErrorClassOptions<E>): void {
    this.errors.register(name, errorClass, options);
  }

  /**
   * The value as it is now; nothing of it is kept but the memory of `segments`. Getters and extensions run during the
   * call. Throws SerializationFault.
   */
  encode(value: unknown, context?: Context): Encoded {
    return this.#encode(value, context, this.#parts);
  }

  /** The same without segments: for where nothing can travel beside the bytes. Throws SerializationFault. */
  encodeWhole(value: unknown, context?: Context): Uint8Array<ArrayBuffer> {
    return this.#encode(value, context, { ...this.#parts, segmentThreshold: Number.POSITIVE_INFINITY }).bytes;
  }

  #encode(value: unknown, context: Context | undefined, parts: CodecParts): Encoded {
    if (isExact(value)) return { bytes: encodeCbor(value), segments: noSegments };
    const lowering = new Lowering(parts, context);
    try {
      const tree = lowering.lower(value);
      return { bytes: encodeCbor(tree), segments: lowering.segments };
    } catch (cause) {
      if (cause instanceof SerializationFault) throw cause;
      throw new SerializationFault("value", `encoding it threw ${cause}`, { cause });
    }
  }

  /**
   * The value. Big typed arrays are views on the memory of `segments`; all else is fresh, and `bytes` is not kept.
   * Hostile input is bounded in time, memory and depth, and touches no prototype. Throws CorruptDataFault; passes on
   * what an extension throws.
   */
  decode(bytes: Uint8Array, segments: readonly ArrayBufferView[] = noSegments, context?: Context): unknown {
    const tree = decodeCbor(bytes);
    if (typeof tree !== "object" || tree === null) return tree;
    const raising = new Raising(this.#parts, { segments, context });
    try {
      return raising.raise(tree);
    } catch (cause) {
      if (!(cause instanceof RangeError) || cause === raising.thrown) throw cause;
      throw new CorruptDataFault(`it is too large or too deep for this runtime: ${cause.message}`, { cause });
    }
  }
}
