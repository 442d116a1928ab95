import { type Encoded, type Extension, isPrimitive, SerializationFault, ValueCodec } from "../../net/mod.ts";
import { errorClasses, fromWire, type MobulaError, SerializationError } from "../errors/mod.ts";
import type { Pin } from "../references/mod.ts";

/** What the encoding of one value gathers. */
export interface TravelContext {
  /** The live refs and handles met inside, in order: they are kept as long as the value. */
  readonly met: Pin[];
}

export function contextOf(): TravelContext {
  return { met: [] };
}

/** The codec of this thread; other rooms teach it how refs, handles and functions travel. */
export const valueCodec: ValueCodec<TravelContext> = new ValueCodec<TravelContext>({ lenientErrors: true });

for (const errorClass of errorClasses()) {
  valueCodec.registerErrorClass(errorClass.name, errorClass as unknown as abstract new () => MobulaError, {
    revive: ({ name, message, stack, fields, cause }) => fromWire([name, message, stack, fields, cause]),
  });
}

export function registerTravel<T extends object, Wire>(extension: Extension<T, Wire, TravelContext>): void {
  valueCodec.register(extension);
}

/** @throws SerializationError naming the path to what cannot travel */
export function encodeValue(value: unknown, context: TravelContext): Encoded {
  return asSerializationError(() => valueCodec.encode(value, context));
}

/** The value as bytes alone, however large what it has inside: where nothing can be beside them. @throws SerializationError */
export function encodeWhole(value: unknown, context: TravelContext = contextOf()): Uint8Array<ArrayBuffer> {
  return asSerializationError(() => valueCodec.encodeWhole(value, context));
}

function asSerializationError<T>(encode: () => T): T {
  try {
    return encode();
  } catch (fault) {
    if (fault instanceof SerializationFault)
      throw new SerializationError({
        path: fault.path,
        reason: fault.reason,
        ...(fault.cause === undefined ? {} : { cause: fault.cause }),
      });
    throw fault;
  }
}

export function decodeValue(bytes: Uint8Array, segments: readonly ArrayBufferView[] = NO_SEGMENTS): unknown {
  return valueCodec.decode(bytes, segments);
}

const NO_SEGMENTS: readonly ArrayBufferView[] = [];

export { isPrimitive };
