import { decodeValue, encodeWhole } from "./value_codec.ts";

/** How errors cross links: by the value codec, whole. */
export const faultWire = {
  toWire: (error: unknown): unknown => encodeWhole(error),
  fromWire: (wire: unknown): unknown => decodeValue(wire as Uint8Array),
};
