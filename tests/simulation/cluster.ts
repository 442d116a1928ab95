import type { Functions, SimulatedFunction } from "../../simulation/mod.ts";

/** What tests run on simulated nodes; `ran` says where, by what the task was given. */
export function workers(): { functions: Functions; ran: Map<unknown, string[]> } {
  const ran = new Map<unknown, string[]>();
  const note = (value: unknown, nodeId: string): void => {
    ran.set(value, [...(ran.get(value) ?? []), nodeId]);
  };
  const functions: Functions = new Map<string, SimulatedFunction>([
    [
      "work",
      ({ sleep, nodeId }) =>
        async (ms: unknown, value: unknown) => {
          note(value, nodeId);
          await sleep(ms as number);
          return value;
        },
    ],
    [
      "tree",
      ({ sleep, run }) =>
        async (depth: unknown) => {
          await sleep(5);
          if (depth === 0) return 1;
          const below = await Promise.all([run("tree", [(depth as number) - 1]), run("tree", [(depth as number) - 1])]);
          return below.reduce((sum: number, value) => sum + (value as number), 0);
        },
    ],
    [
      "Counter",
      ({ nodeId }) =>
        class {
          #count = 0;

          add(by: number): number {
            this.#count += by;
            return this.#count;
          }

          where(): string {
            return nodeId;
          }
        },
    ],
  ]);
  return { functions, ran };
}

/** How often each value is there. */
export function countBy(values: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
