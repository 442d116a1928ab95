import { type Arguments, ArgumentForm, type ArgumentWire, BY_REFERENCE } from "../tasks/mod.ts";
import { contextOf, encodeValue, isPrimitive, type Payload, PayloadKind, payloadToWire } from "../values/mod.ts";
import type { Entry } from "./entry.ts";
import { type ObjectClient, SHARING_THRESHOLD } from "./object_client.ts";
import { ObjectRef } from "./object_ref.ts";

/** What the encoder needs of its place beside values. */
export interface ArgumentHost {
  readonly objects: ObjectClient;
  /** Puts a value of its own into the store. */
  putEntry(value: unknown): Entry;
}

/**
 * Encodes the arguments of a call, now: what the caller does to them afterwards is not seen.
 *
 * A ref at top level stands for its value. A small value that is here goes along; one that is large, still
 * being made or kept elsewhere goes as an id, and the call waits for it. A failed one fails the call: its
 * fault is returned instead.
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
  if (encoded.segments.length > 0 || encoded.bytes.byteLength >= SHARING_THRESHOLD) {
    const entry = host.putEntry(args);
    return { form: ArgumentForm.object, data: entry.id, needs: [entry.id], pins: [entry] };
  }
  return { form: ArgumentForm.whole, data: encoded.bytes, needs: NONE, pins: context.met };
}

function encodeEach(args: readonly unknown[], host: ArgumentHost): Arguments | Payload {
  const data: ArgumentWire[] = [];
  const needs: string[] = [];
  const pins: object[] = [];
  for (const arg of args) {
    if (!ObjectRef.is(arg)) {
      if (isPrimitive(arg)) {
        data.push([PayloadKind.bare, arg, 0]);
        continue;
      }
      const context = contextOf();
      const encoded = encodeValue(arg, context);
      if (encoded.segments.length === 0 && encoded.bytes.byteLength < SHARING_THRESHOLD) {
        data.push([PayloadKind.bytes, encoded.bytes, encoded.bytes.byteLength]);
        pins.push(...context.met);
        continue;
      }
    }
    const entry = ObjectRef.is(arg) ? ObjectRef.entryOf(arg) : host.putEntry(arg);
    entry.observed = true;
    pins.push(entry);
    const payload = entry.payload;
    if (payload?.kind === PayloadKind.fault) return payload;
    if (payload !== undefined && payload.kind !== PayloadKind.sealed) {
      data.push(payloadToWire(payload));
      continue;
    }
    host.objects.share(entry);
    data.push([BY_REFERENCE, entry.id]);
    needs.push(entry.id);
  }
  return { form: ArgumentForm.each, data, needs, pins };
}

const NONE: readonly never[] = [];
