import { contextOf, decodeValue, encodeValue } from "./value_codec.ts";

/** How errors cross links: by the value codec, whole. */
export const faultWire = {
  toWire: (error: unknown): unknown => encodeValue(error, contextOf()).bytes,
  fromWire: (wire: unknown): unknown => decodeValue(wire as Uint8Array),
};
