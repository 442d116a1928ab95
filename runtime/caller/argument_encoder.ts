import type { Encoded } from "../../net/mod.ts";
import type { Pin } from "../references/mod.ts";
import { ArgumentForm, type Arguments, type ArgumentWire, BY_REFERENCE } from "../tasks/mod.ts";
import { contextOf, encodeValue, isPrimitive, type Payload, PayloadKind, payloadToWire, type TravelContext } from "../values/mod.ts";
import type { Entry } from "./entry.ts";
import { isLarge, type ObjectClient } from "./object_client.ts";
import { ObjectRef } from "./object_ref.ts";

/** What the encoder needs of its place beside values. */
export interface ArgumentHost {
  readonly objects: ObjectClient;
  /** Puts an encoded value of its own into the store. */
  putEncoded(value: { encoded: Encoded; context: TravelContext }): Entry;
}

/**
 * Encodes the arguments of a call, now: what the caller does to them afterwards is not seen.
 *
 * A ref at top level stands for its value. A small value that is here goes along; one that is large, still
 * being made or kept elsewhere goes as an id, and the call waits for it. A failed one fails the call: its
 * fault is returned instead. The pins are held, and let go of by whoever ends the call.
 */
export function encodeArguments(args: readonly unknown[], host: ArgumentHost): Arguments | Payload {
  let primitives = true;
  for (const arg of args) {
    if (isPrimitive(arg)) continue;
    primitives = false;
    if (ObjectRef.is(arg)) return encodeEach(args, host);
  }
  if (primitives) return { form: ArgumentForm.bare, data: args, needs: NONE, pins: NONE };
  const context = contextOf();
  const encoded = encodeValue(args, context);
  if (isLarge(encoded)) {
    const entry = host.putEncoded({ encoded, context });
    entry.hold();
    const pins = [entry];
    return { form: ArgumentForm.object, data: entry.id, needs: [entry.id], pins, unnamed: pins };
  }
  for (const pin of context.met) pin.hold();
  return { form: ArgumentForm.whole, data: encoded.bytes, needs: NONE, pins: context.met };
}

function encodeEach(args: readonly unknown[], host: ArgumentHost): Arguments | Payload {
  const data: ArgumentWire[] = [];
  const needs: string[] = [];
  const pins: Pin[] = [];
  let unnamed: Pin[] | undefined;
  const pinned = (pin: Pin): void => {
    pin.hold();
    pins.push(pin);
  };
  const unpin = (): void => {
    for (const pin of pins) pin.letGo();
  };
  try {
    for (const arg of args) {
      let entry: Entry;
      if (ObjectRef.is(arg)) entry = ObjectRef.entryOf(arg);
      else if (isPrimitive(arg)) {
        data.push([PayloadKind.bare, arg, 0]);
        continue;
      } else {
        const context = contextOf();
        const encoded = encodeValue(arg, context);
        if (!isLarge(encoded)) {
          data.push([PayloadKind.bytes, encoded.bytes, encoded.bytes.byteLength]);
          for (const pin of context.met) pinned(pin);
          continue;
        }
        entry = host.putEncoded({ encoded, context });
        unnamed = [...(unnamed ?? []), entry];
      }
      entry.observed = true;
      pinned(entry);
      const { payload } = entry;
      if (payload?.kind === PayloadKind.fault) {
        unpin();
        return payload;
      }
      if (payload !== undefined && payload.kind !== PayloadKind.sealed) {
        data.push(payloadToWire(payload));
        continue;
      }
      host.objects.share(entry);
      data.push([BY_REFERENCE, entry.id]);
      needs.push(entry.id);
    }
  } catch (error) {
    unpin();
    throw error;
  }
  return unnamed === undefined ? { form: ArgumentForm.each, data, needs, pins } : { form: ArgumentForm.each, data, needs, pins, unnamed };
}

const NONE: readonly never[] = [];
