import type { ObjectRef } from "../caller/mod.ts";
import { checkMapUnorderedOptions, type MapUnorderedOptions } from "../options/mod.ts";
import type { MapUnorderedApi } from "../types/mod.ts";
import { get } from "./get.ts";
import { wait } from "./wait.ts";

/** Calls in flight where the user does not say: enough to keep many workers busy. */
const DEFAULT_CONCURRENCY = 64;

interface Submits {
  remote(item: unknown): unknown;
}

/**
 * Runs a remote function over items, at most `concurrency` (default 64) at a time, and gives the results in the
 * order in which they finish. Items are taken as room is made for them; breaking off the loop submits no more.
 */
export const mapUnordered: MapUnorderedApi = async function* (
  fn: Submits,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  options?: MapUnorderedOptions,
) {
  const { concurrency = DEFAULT_CONCURRENCY } = checkMapUnorderedOptions(options ?? {});
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let flying: ObjectRef<unknown>[] = [];
  let exhausted = false;
  try {
    for (;;) {
      while (!exhausted && flying.length < concurrency) {
        const step = await source.next();
        if (step.done === true) exhausted = true;
        else flying.push(fn.remote(step.value) as ObjectRef<unknown>);
      }
      if (flying.length === 0) return;
      const [ready, rest] = await wait(flying as never, { numReturns: 1 });
      flying = rest as unknown as ObjectRef<unknown>[];
      for (const ref of ready) yield await get(ref as never);
    }
  } finally {
    await source.return?.();
  }
} as unknown as MapUnorderedApi;
