/**
 * The value codec: user values as bytes and back (`ValueCodec`), large ones laid out in one buffer (`seal`), and
 * batches of envelopes (`encodeBatch`). On the hot path of every call.
 */
export { decodeBatch, encodeBatch } from "./envelope_codec.ts";
export { type ErrorClass, type ErrorClassOptions, type ErrorParts, ErrorRegistry } from "./errors.ts";
export type { Extension } from "./extension.ts";
export { CorruptDataFault, SerializationFault } from "./faults.ts";
export { isPrimitive, maxPrimitiveString } from "./primitives.ts";
export { seal, sealedByteLength, unseal } from "./sealed.ts";
export { defaultSegmentThreshold, type Encoded, ValueCodec, type ValueCodecOptions } from "./value_codec.ts";
export { maxWireDepth } from "./well_formed.ts";
