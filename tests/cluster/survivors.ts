import { existsSync } from "node:fs";
import process from "node:process";
import { type ActorClass, getRuntimeContext, type RemoteFunction, remote } from "../../mod.ts";

/** Counts, not on the head; says where it lives, and can be made to crash. */
class Counter {
  #n = 0;

  async add(by = 1): Promise<number> {
    this.#n += by;
    return this.#n;
  }

  where(): string {
    return getRuntimeContext().nodeId;
  }

  exit(): void {
    process.exit(3);
  }
}

export const CounterActor: ActorClass<typeof Counter> = remote(Counter, { numCpus: 0, labelSelector: { role: "member" } });

/** Keeps what its constructor made of a large value. */
class Holder {
  readonly #sum: number;

  constructor(values: Float64Array) {
    this.#sum = values.reduce((a, b) => a + b, 0);
  }

  sum(): number {
    return this.#sum;
  }

  where(): string {
    return getRuntimeContext().nodeId;
  }
}

export const HolderActor: ActorClass<typeof Holder> = remote(Holder, { maxRestarts: 2, maxTaskRetries: -1, numCpus: 1 });

/** Ends with the value when the file is there. */
export const until: RemoteFunction<[path: string, value: number], number> = remote(async (path: string, value: number) => {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
  return value;
});
