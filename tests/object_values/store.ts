import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ObjectsContract } from "../../runtime/contracts/mod.ts";
import { ActorNumber, remoteContract, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import { session } from "../../runtime/session/mod.ts";

export const MIB: number = 1024 * 1024;

export interface Figures {
  store: {
    usedBytes: number;
    cachedBytes: number;
    residentBytes: number;
    lingeringBytes: number;
    spilledBytes: number;
    inlineBytes: number;
    objects: Record<string, number>;
  };
  sizes: Record<string, number>;
}

/** What the node's object manager keeps; with `collect` all places are asked to collect garbage as well. */
export function figures(options: { collect?: boolean } = {}): Promise<Figures> {
  const { kernel } = session().caller;
  const manager = remoteContract<ObjectsContract>(kernel, systemPlaceOf(kernel.place), ActorNumber.objects);
  return manager.figures(options.collect ?? false) as Promise<Figures>;
}

/** Bytes of objects, freed ones that are still viewed among them, and of small values. */
export function keptBytes({ store }: Figures): number {
  return store.residentBytes + store.lingeringBytes + store.spilledBytes + store.inlineBytes;
}

let collect: (() => void) | undefined;

export function collectGarbage(): void {
  if ("Bun" in globalThis) {
    (globalThis as unknown as { Bun: { gc(force: boolean): void } }).Bun.gc(true);
    return;
  }
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Collects garbage everywhere until `condition` holds. */
export async function collectUntil(condition: (now: Figures) => boolean): Promise<Figures> {
  for (let round = 0; ; round++) {
    collectGarbage();
    await turn();
    const now = await figures({ collect: true });
    if (condition(now)) return now;
    if (round > 3_000) throw new Error(`the condition never came true: ${JSON.stringify(now)}`);
  }
}
