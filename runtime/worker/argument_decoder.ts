import type { Caller } from "../caller/mod.ts";
import { ArgumentForm, type ArgumentWire, BY_REFERENCE } from "../tasks/mod.ts";
import { decodeValue, type PayloadWire, payloadFromWire, withModules } from "../values/mod.ts";

/** The arguments of a call: at once where they travelled with it, later where objects have to come first. */
export function decodeArguments(form: ArgumentForm, data: unknown, caller: Caller): unknown[] | Promise<unknown[]> {
  if (form === ArgumentForm.bare) return data as unknown[];
  return withModules(() => decodeNow(form, data, caller));
}

function decodeNow(form: ArgumentForm, data: unknown, caller: Caller): unknown[] | Promise<unknown[]> {
  if (form === ArgumentForm.whole) return decodeValue(data as Uint8Array) as unknown[];
  if (form === ArgumentForm.object) return caller.objects.fetchArgument(data as string) as Promise<unknown[]>;
  const wires = data as ArgumentWire[];
  if (!needsObjects(form, data)) return wires.map((wire) => caller.objects.unpack(payloadFromWire(wire as PayloadWire)));
  return Promise.all(
    wires.map((wire) =>
      wire[0] === BY_REFERENCE ? caller.objects.fetchArgument(wire[1] as string) : caller.objects.unpack(payloadFromWire(wire as PayloadWire)),
    ),
  );
}

/** Whether objects have to be fetched before the call can run. */
export function needsObjects(form: ArgumentForm, data: unknown): boolean {
  if (form === ArgumentForm.object) return true;
  return form === ArgumentForm.each && (data as ArgumentWire[]).some((wire) => wire[0] === BY_REFERENCE);
}
