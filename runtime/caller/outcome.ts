import { MissingModule, PayloadKind } from "../values/mod.ts";
import type { Entry } from "./entry.ts";
import type { ObjectClient } from "./object_client.ts";

/** What became of an object: its value, or the error that stands in its place. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Whether the value, if it exists, is known to others only: this place makes it by no task of its own. */
export function isElsewhere(entry: Entry): boolean {
  return entry.payload === undefined && entry.task === undefined && entry.shared;
}

/** The outcome if it is at hand; else undefined, and it has been asked for. */
export function outcomeNow(entry: Entry, objects: ObjectClient): Outcome | undefined {
  const { payload } = entry;
  if (payload === undefined) {
    // What is made by a task of this place comes by itself; what others make has to be asked for.
    if (isElsewhere(entry)) objects.want(entry);
    return undefined;
  }
  entry.observed = true;
  if (payload.kind === PayloadKind.fault) return { error: objects.unpack(payload) };
  if (payload.kind !== PayloadKind.sealed) return { value: objects.unpack(payload) };
  const buffer = entry.view?.deref();
  if (buffer !== undefined) return { value: objects.unpack(payload, buffer) };
  objects.want(entry);
  return undefined;
}

/**
 * Whether `get` would have an answer without waiting for a task; asks for what is made elsewhere, or with
 * `fetchLocal: false` only whether it is there.
 */
export function isReady(entry: Entry, objects: ObjectClient, { fetchLocal = true }: { fetchLocal?: boolean } = {}): boolean {
  if (entry.payload !== undefined) return true;
  if (isElsewhere(entry)) {
    if (fetchLocal) objects.want(entry);
    else objects.wantState(entry);
  }
  return false;
}

/** The value, as soon as it is there; rejects with the error that stands in its place. */
export function fetchOutcome(entry: Entry, objects: ObjectClient): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      let outcome: Outcome | undefined;
      try {
        outcome = outcomeNow(entry, objects);
      } catch (error) {
        if (error instanceof MissingModule) error.load().then(look, reject);
        else reject(error);
        return;
      }
      if (outcome === undefined) entry.onChange(look);
      else if ("error" in outcome) reject(outcome.error);
      else resolve(outcome.value);
    };
    look();
  });
}
