import { decodeValue } from "./value_codec.ts";

/** An error that was encoded; one that says so when it cannot be read: an end must not be lost with what brought it about. */
export function decodeError(bytes: Uint8Array): unknown {
  try {
    return decodeValue(bytes);
  } catch (cause) {
    return new Error("the original error could not be read", { cause });
  }
}
