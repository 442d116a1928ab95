import { fetchOutcome, ObjectRef } from "../../runtime/caller/mod.ts";
import type { Functions, SimulatedContext, SimulatedFunction } from "../simulated_place.ts";
import { areBytesOf, bytesOf, type Ledger } from "./ledger.ts";
import type { NodeCpus } from "./node_cpus.ts";

/** What every run is told: how long it takes, what it is called, how often it may be begun. */
export type Order = readonly [ms: number, id: string, most: number];

/** The value of a small task. */
export function smallOf(id: string): string {
  return `value of ${id}`;
}

/** What a generator makes: every third item is small. */
function itemOf(id: string, index: number): unknown {
  return index % 3 === 2 ? smallOf(`${id}.${index}`) : bytesOf(`${id}.${index}`);
}

export function isItemOf(id: string, index: number, value: unknown): boolean {
  return index % 3 === 2 ? value === itemOf(id, index) : areBytesOf(`${id}.${index}`, value);
}

/** What runs in the cluster, keeping the ledger as it does. */
export function functionsOf(ledger: Ledger, cpus: NodeCpus): Functions {
  const running = async <T>(context: SimulatedContext, [ms, id, most]: Order, value: () => T, waits = false): Promise<T> => {
    ledger.begin(id, { most, place: context.place });
    const end = cpus.begin(context.place, id, { waits });
    await context.sleep(ms);
    end();
    return value();
  };
  // Their arguments are what the workload sends: no types cross a cluster.
  const made: Record<string, (context: SimulatedContext) => unknown> = {
    small:
      (context) =>
      (...order: [number, string, number]) =>
        running(context, order, () => smallOf(order[1])),
    large:
      (context) =>
      (...order: [number, string, number]) =>
        running(context, order, () => bytesOf(order[1])),
    join:
      (context) =>
      (ms: number, id: string, most: number, from: string, ...parts: unknown[]) =>
        running(
          context,
          [ms, id, most],
          () => {
            for (const [index, each] of from.split(" ").entries()) {
              const part = parts[index];
              if (part !== smallOf(each) && !areBytesOf(each, part)) ledger.violate(`${id} was given ${String(part).slice(0, 40)} for ${each}`);
            }
            return smallOf(id);
          },
          true,
        ),
    copy: (context) => (ms: number, id: string, most: number, from: string, part: unknown) =>
      running(
        context,
        [ms, id, most],
        () => {
          if (part !== smallOf(from) && !areBytesOf(from, part)) ledger.violate(`${id} was given ${String(part).slice(0, 40)} for ${from}`);
          return bytesOf(id);
        },
        true,
      ),
    parcel:
      (context) =>
      (...order: [number, string, number]) =>
        running(context, order, () => {
          const parts = [smallOf(order[1]), bytesOf(order[1])].map((part) => new ObjectRef(context.caller.putEntry(part)));
          // Nothing collects here: the refs go when the result has left.
          void context.sleep(1).then(() => {
            for (const part of parts) part[Symbol.dispose]();
          });
          return parts;
        }),
    unpack: (context) => (ms: number, id: string, most: number, from: string, parts: ObjectRef[]) =>
      running(
        context,
        [ms, id, most],
        async () => {
          const values = parts.map((part) => fetchOutcome(ObjectRef.entryOf(part), context.caller.objects));
          try {
            const [small, large] = await Promise.all(values);
            if (small !== smallOf(from) || !areBytesOf(from, large)) ledger.violate(`${id} was given ${String(small).slice(0, 40)} for ${from}`);
          } finally {
            for (const part of parts) part[Symbol.dispose]();
          }
          return smallOf(id);
        },
        true,
      ),
    items: (context) =>
      async function* (ms: number, id: string, most: number, count: number) {
        ledger.begin(id, { most, place: context.place });
        for (let index = 0; index < count; index++) {
          await context.sleep(ms);
          yield itemOf(id, index);
        }
      },
    fails: (context) => async (id: string, most: number, until: number) => {
      const run = ledger.begin(id, { most, place: context.place });
      await context.sleep(1);
      if (run <= until) throw new Error(`${id} has failed`);
      return smallOf(id);
    },
    tree:
      (context) =>
      async (id: string, depth: number, most: number): Promise<number> => {
        const run = ledger.begin(id, { most, place: context.place });
        await context.sleep(2);
        if (depth === 0) return 1;
        const below = [1, 2].map((child) => context.run("tree", [`${id}.${run}.${child}`, depth - 1, most], { maxRetries: most - 1 }));
        const counts = (await Promise.all(below)) as number[];
        return counts.reduce((sum, count) => sum + count, 0);
      },
    Painter: (context) => {
      return class {
        async paint(ms: number, id: string, most: number): Promise<Uint8Array> {
          ledger.begin(id, { most, place: context.place });
          await context.sleep(ms);
          return bytesOf(id);
        }

        async paintOver(ms: number, id: string, most: number, from: string, below: unknown): Promise<Uint8Array> {
          if (!areBytesOf(from, below)) ledger.violate(`${id} was given ${String(below).slice(0, 40)} for ${from}`);
          return await this.paint(ms, id, most);
        }
      };
    },
    Counter: (context) => {
      let instances = 0;
      return class {
        readonly #instance = `${context.place}.${++instances}`;
        #last = -1;
        #count = 0;

        async add(ms: number, id: string, most: number, index: number): Promise<unknown> {
          ledger.begin(id, { most, place: context.place });
          if (index <= this.#last) ledger.violate(`${id} runs after call ${this.#last} of the same caller`);
          this.#last = index;
          this.#count++;
          const count = this.#count;
          await context.sleep(ms);
          if (count !== this.#count) ledger.violate(`${id} does not run alone`);
          return ledger.give(id, [this.#instance, count]);
        }
      };
    },
  };
  return new Map(Object.entries(made) as [string, SimulatedFunction][]);
}
