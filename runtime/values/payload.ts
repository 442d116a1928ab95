import { keptBytes } from "./kept_bytes.ts";

/**
 * A user's value as it is kept and sent.
 *
 * - `bare`: a primitive that an envelope carries as it is
 * - `bytes`: the codec's bytes, under the sharing threshold; small enough to travel with any message
 * - `sealed`: kept by the node's object manager in one shared buffer (or on disk); only its size is here
 * - `fault`: an error, as bytes; `get` rejects with it
 */
export const PayloadKind = { bare: 0, bytes: 1, sealed: 2, fault: 3 } as const;
export type PayloadKind = (typeof PayloadKind)[keyof typeof PayloadKind];

export interface Payload {
  readonly kind: PayloadKind;
  /** The primitive, the bytes, or nothing for a sealed value. */
  readonly data: unknown;
  /** Bytes that the value takes. */
  readonly size: number;
  /** Ids of the objects and actors that are referred to inside: they live at least as long as the value. */
  readonly children: readonly string[];
}

/** Payload as fields of an envelope. */
export type PayloadWire = [kind: PayloadKind, data: unknown, size: number, children?: readonly string[]];

const NO_CHILDREN: readonly string[] = [];
const BARE_SIZE = 8;

export function barePayload(value: unknown): Payload {
  return { kind: PayloadKind.bare, data: value, size: BARE_SIZE, children: NO_CHILDREN };
}

export function bytesPayload(bytes: Uint8Array, children: readonly string[] = NO_CHILDREN): Payload {
  return { kind: PayloadKind.bytes, data: bytes, size: bytes.byteLength, children };
}

export function sealedPayload(size: number, children: readonly string[] = NO_CHILDREN): Payload {
  return { kind: PayloadKind.sealed, data: undefined, size, children };
}

export function faultPayload(bytes: Uint8Array, children: readonly string[] = NO_CHILDREN): Payload {
  return { kind: PayloadKind.fault, data: bytes, size: bytes.byteLength, children };
}

export function payloadToWire(payload: Payload): PayloadWire {
  const { kind, data, size, children } = payload;
  return children.length === 0 ? [kind, data, size] : [kind, data, size, children];
}

/** The payload that came in an envelope, to be kept: it keeps nothing of the frame but its own. */
export function payloadFromWire(wire: PayloadWire): Payload {
  return arrivedPayload(wire, 0);
}

/** The same of an envelope whose fields from `at` on are the payload's: results come so, by the hundred thousand. */
export function arrivedPayload(fields: readonly unknown[], at: number): Payload {
  const data = fields[at + 1];
  return {
    kind: fields[at] as PayloadKind,
    data: data instanceof Uint8Array ? keptBytes(data) : data,
    size: fields[at + 2] as number,
    children: (fields[at + 3] as readonly string[] | undefined) ?? NO_CHILDREN,
  };
}
