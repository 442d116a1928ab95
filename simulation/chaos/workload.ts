import { type ActorRecord, type Entry, fetchOutcome, ObjectRef } from "../../runtime/caller/mod.ts";
import type { ActorOptions, PlacementStrategy, TaskOptions } from "../../runtime/options/mod.ts";
import { PayloadKind } from "../../runtime/values/mod.ts";
import type { SeededRandom } from "../seeded_random.ts";
import type { SimulatedPlace } from "../simulated_place.ts";
import { isItemOf, smallOf } from "./functions.ts";
import { areBytesOf, bytesOf, type Ledger } from "./ledger.ts";
import type { Result, Verdicts } from "./verdicts.ts";

export interface WorkloadOptions {
  driver: SimulatedPlace;
  random: SeededRandom;
  ledger: Ledger;
  verdicts: Verdicts;
  /** Begins the ids of all that it runs. */
  name: string;
  cpusPerNode: number;
  operations: number;
  /** Tasks that give refs to what they have put, beside the operations. */
  parcels: number;
}

/** The first tasks come at once, the last so late. Milliseconds. */
const SUBMITTED_WITHIN_MS = 5_000;
const RETRIES = [0, 0, 1, 3, -1];
const STRATEGIES: readonly PlacementStrategy[] = ["PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD"];

/**
 * What a driver does with the cluster, drawn from the seed: some operations at once, each of them a few tasks, actors,
 * objects or groups, and each holding what it gets against what it must be.
 */
export class Workload {
  readonly #options: WorkloadOptions;
  readonly #under: Map<string, string> = new Map();
  #last = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** The operations that have not ended, and what they do. */
  get pending(): string[] {
    return [...this.#under].map(([id, what]) => `${id} (${what})`);
  }

  /** Resolves when all operations have ended; rejects with what nobody expected. */
  async run(): Promise<void> {
    const { random, operations, parcels } = this.#options;
    await Promise.all(
      Array.from({ length: operations + parcels }, async (_, index) => {
        const id = `${this.#options.name}${++this.#last}`;
        const drawn = index < operations ? OPERATIONS[random.below(OPERATIONS.length)] : PARCEL;
        const [name, operation] = drawn as (typeof OPERATIONS)[number];
        const atMs = random.between(0, SUBMITTED_WITHIN_MS);
        const own = random.fork(id);
        await this.#sleep(atMs);
        this.#under.set(id, name);
        await operation.call(this, id, own);
        this.#under.delete(id);
      }),
    );
  }

  /** One task, perhaps two CPUs wide or spread. */
  async one(id: string, random: SeededRandom): Promise<void> {
    const retries = retriesOf(random);
    const options: TaskOptions = {
      maxRetries: retries,
      ...(random.below(4) === 0 && { schedulingStrategy: "SPREAD" }),
      ...(random.below(4) === 0 && { numCpus: this.#options.cpusPerNode }),
    };
    await this.#small(id, random.between(1, 800), retries, options);
  }

  /** Many tasks in one turn: a batch. */
  async burst(id: string, random: SeededRandom): Promise<void> {
    const retries = retriesOf(random);
    const count = 8 + random.below(30);
    const most = random.below(2) === 0 ? 300 : 10;
    await Promise.all(
      Array.from({ length: count }, (_, index) => this.#small(`${id}.${index}`, random.between(0, most), retries, { maxRetries: retries })),
    );
  }

  /** Tasks that take the results of others, small and large. */
  async chain(id: string, random: SeededRandom): Promise<void> {
    const retries = retriesOf(random);
    const { verdicts } = this.#options;
    const options = { maxRetries: retries };
    const [one, other, last] = [`${id}.1`, `${id}.2`, `${id}.3`];
    using first = this.#submit(random.below(2) === 0 ? "large" : "small", [random.between(1, 100), one, mostRuns(retries)], options);
    using second = this.#submit(random.below(2) === 0 ? "large" : "small", [random.between(1, 300), other, mostRuns(retries)], options);
    if (random.below(2) === 0) await this.#sleep(random.between(0, 1_500));
    using joined = this.#submit("join", [random.between(1, 100), last, mostRuns(retries), `${one} ${other}`, first, second], options);
    const outcome = await this.#outcome(joined);
    verdicts.value(last, outcome, smallOf(last), { retries, needsObjects: true });
  }

  /** A large value of the driver's own that several tasks take. */
  async put(id: string, random: SeededRandom): Promise<void> {
    const { driver, verdicts } = this.#options;
    const retries = retriesOf(random);
    using value = new ObjectRef(driver.caller.putEntry(bytesOf(id)));
    await Promise.all(
      [1, 2, 3].map(async (index) => {
        const reader = `${id}.${index}`;
        const order = [random.between(1, 200), reader, mostRuns(retries), id, value];
        using read = this.#submit("join", order, { maxRetries: retries });
        verdicts.value(reader, await this.#outcome(read), smallOf(reader), { retries });
      }),
    );
  }

  /** A large result that is asked for when some time has passed. */
  async keep(id: string, random: SeededRandom): Promise<void> {
    const retries = retriesOf(random);
    using ref = this.#submit("large", [random.between(1, 300), id, mostRuns(retries)], { maxRetries: retries });
    await this.#sleep(random.between(0, 3_000));
    const outcome = await this.#outcome(ref);
    this.#options.verdicts.matching(id, outcome, (value) => areBytesOf(id, value), { retries, needsObjects: true });
  }

  /** What a task has put, small and large: refs to it come in its result, and are looked at here, or are given to others. */
  async parcel(id: string, random: SeededRandom): Promise<void> {
    const { verdicts } = this.#options;
    const retries = random.below(3);
    const order = [random.between(1, 200), id, mostRuns(retries)];
    const parcel = this.#submit("parcel", order, { maxRetries: retries });
    const reader = `${id} unpacked`;
    const unpacked =
      random.below(2) === 0
        ? this.#submit("unpack", [random.between(1, 100), reader, mostRuns(retries), id, parcel], { maxRetries: retries })
        : undefined;
    const outcome = await this.#outcome(parcel);
    verdicts.matching(id, outcome, (value) => Array.isArray(value) && value.length === 2, { retries });
    const parts = "value" in outcome ? (outcome.value as ObjectRef[]) : [];
    if (random.below(2) === 0) parcel[Symbol.dispose]();
    if (random.below(2) === 0) await this.#sleep(random.between(0, 2_000));
    // What was put is not made again, whatever may be tried again.
    for (const [index, part] of parts.entries()) {
      const isRight = (value: unknown): boolean => (index === 0 ? value === smallOf(id) : areBytesOf(id, value));
      verdicts.matching(id, await this.#outcome(part), isRight, { retries: 0, needsObjects: true });
      part[Symbol.dispose]();
    }
    parcel[Symbol.dispose]();
    if (unpacked === undefined) return;
    verdicts.value(reader, await this.#outcome(unpacked), smallOf(reader), { retries, needsObjects: true, nested: true });
    unpacked[Symbol.dispose]();
  }

  /** A generator's items: some are looked at as they come, some when all have come, some by tasks alone, and some never. */
  async items(id: string, random: SeededRandom): Promise<void> {
    const { driver, verdicts } = this.#options;
    const retries = retriesOf(random);
    const count = 2 + random.below(8);
    const excuses = { retries, needsObjects: true };
    const options = { maxRetries: retries, ...(random.below(2) === 0 && { generatorBackpressure: 1 + random.below(3) }) };
    const kept: (readonly [number, ObjectRef])[] = [];
    const readers: (readonly [string, ObjectRef])[] = [];
    let came = 0;
    let failed = false;
    const look = async (index: number, ref: ObjectRef): Promise<void> => {
      const outcome = await this.#outcome(ref);
      failed ||= "error" in outcome;
      verdicts.matching(id, outcome, (value) => isItemOf(id, index, value), excuses);
    };
    for await (const entry of driver.stream("items", [random.between(1, 150), id, mostRuns(retries), count], options)) {
      const ref = new ObjectRef(entry);
      const index = came++;
      const choice = random.below(5);
      if (choice === 0) kept.push([index, ref]);
      else if (choice > 2 && index < count && entry.payload?.kind !== PayloadKind.fault) {
        const reader = `${id}.${index} read`;
        const order = [random.between(1, 50), reader, mostRuns(retries), `${id}.${index}`, ref];
        readers.push([reader, this.#submit("copy", order, { maxRetries: retries })]);
        ref[Symbol.dispose]();
      } else {
        // A failure is the last item, and there may be no other.
        if (choice === 1 || index === count || entry.payload?.kind === PayloadKind.fault) await look(index, ref);
        ref[Symbol.dispose]();
      }
    }
    await this.#sleep(random.between(0, 2_000));
    for (const [index, ref] of kept) {
      await look(index, ref);
      ref[Symbol.dispose]();
    }
    for (const [reader, ref] of readers) {
      verdicts.matching(reader, await this.#outcome(ref), (value) => areBytesOf(reader, value), excuses);
      ref[Symbol.dispose]();
    }
    if (!failed && came !== count) verdicts.violate(`${id} has given ${came} items of ${count}`);
  }

  /** Tasks that submit tasks. */
  async tree(id: string, random: SeededRandom): Promise<void> {
    const retries = retriesOf(random);
    const depth = 1 + random.below(3);
    using ref = this.#submit("tree", [id, depth, mostRuns(retries)], { maxRetries: retries });
    this.#options.verdicts.value(id, await this.#outcome(ref), 2 ** depth, { retries, nested: true });
  }

  /** A function that throws, at first or always. */
  async fails(id: string, random: SeededRandom): Promise<void> {
    const retries = random.below(4);
    const until = random.below(5);
    const retryExceptions = random.below(2) === 0;
    using ref = this.#submit("fails", [id, retries + 1, until], { maxRetries: retries, retryExceptions });
    this.#options.verdicts.value(id, await this.#outcome(ref), smallOf(id), { retries, fails: true });
  }

  /** Tasks that are not wanted any more, before they run or while they do. */
  async cancel(id: string, random: SeededRandom): Promise<void> {
    const { driver, ledger, verdicts } = this.#options;
    const retries = retriesOf(random);
    const force = random.below(3) === 0;
    const refs = Array.from({ length: 1 + random.below(12) }, (_, index) => {
      const name = `${id}.${index}`;
      return [name, this.#submit("small", [random.between(0, 400), name, mostRuns(retries)], { maxRetries: retries })] as const;
    });
    await this.#sleep(random.between(0, 200));
    // A worker that is ended by force takes with it what else it had.
    if (force) ledger.deaths += refs.length;
    for (const [, ref] of refs) driver.caller.cancel(ObjectRef.entryOf(ref), { force, recursive: true });
    for (const [name, ref] of refs) {
      verdicts.value(name, await this.#outcome(ref), smallOf(name), { retries, cancelled: true });
      ref[Symbol.dispose]();
    }
  }

  /** An actor, its calls, and its end. */
  async actor(id: string, random: SeededRandom): Promise<void> {
    const { driver, ledger } = this.#options;
    const maxRestarts = [0, 1, 3, -1][random.below(4)] as number;
    const maxTaskRetries = [0, 0, 2, -1][random.below(4)] as number;
    const options: ActorOptions = {
      maxRestarts,
      maxTaskRetries,
      ...(random.below(2) === 0 && { numCpus: 1 }),
      ...(random.below(3) === 0 && { isolation: "shared" }),
      ...(random.below(3) === 0 && { name: `name of ${id}` }),
    };
    const actor = driver.create("Counter", [], options);
    const kill = random.below(4) === 0;
    const calls: Promise<void>[] = [];
    const count = 1 + random.below(8);
    for (let index = 0; index < count; index++) {
      const call = `${id}.${index}`;
      calls.push(this.#call(actor, call, [random.between(0, 150), index, maxTaskRetries], kill));
      if (random.below(2) === 0) await this.#sleep(random.between(0, 300));
    }
    if (kill) {
      await this.#sleep(random.between(0, 300));
      ledger.deaths++;
      driver.caller.actors.kill(actor, random.below(2) === 0);
    }
    await Promise.all(calls);
    actor.letGo();
  }

  /** Large results of an actor, each made of the one before and of that alone; what is lost of them the actor makes again. */
  async paintings(id: string, random: SeededRandom): Promise<void> {
    const { driver, verdicts } = this.#options;
    const maxRestarts = [0, 1, -1, -1][random.below(4)] as number;
    const maxTaskRetries = [0, 1, 3, -1, -1][random.below(5)] as number;
    const actor = driver.create("Painter", [], { maxRestarts, maxTaskRetries, ...(random.below(2) === 0 && { numCpus: 1 }) });
    const most = mostRuns(maxTaskRetries);
    let last = `${id}.0`;
    let picture = this.#ask(actor, "paint", [random.between(1, 200), last, most]);
    for (let index = 1; index <= 1 + random.below(3); index++) {
      if (random.below(2) === 0) await this.#sleep(random.between(0, 1_500));
      const next = `${id}.${index}`;
      using below = picture;
      picture = this.#ask(actor, "paintOver", [random.between(1, 200), next, most, last, below]);
      last = next;
    }
    await this.#sleep(random.between(0, 1_000));
    const outcome = await this.#outcome(picture);
    picture[Symbol.dispose]();
    verdicts.matching(last, outcome, (value) => areBytesOf(last, value), { retries: maxTaskRetries, needsObjects: true, restarts: maxRestarts });
    actor.letGo();
  }

  /** Two actors of one name, of which one must not be. */
  async namesakes(id: string, random: SeededRandom): Promise<void> {
    const { driver, verdicts } = this.#options;
    const actors = [1, 2].map(() => driver.create("Counter", [], { name: `name of ${id}`, maxRestarts: -1, maxTaskRetries: -1 }));
    const outcomes = await Promise.all(actors.map((actor, index) => this.#asked(actor, `${id}.${index}`, [random.between(0, 50), 0, -1])));
    verdicts.oneOfTwo(id, outcomes);
    for (const actor of actors) actor.letGo();
  }

  /** Bundles of a group, and a task in each. */
  async group(id: string, random: SeededRandom): Promise<void> {
    const { driver, verdicts } = this.#options;
    const strategy = STRATEGIES[random.below(STRATEGIES.length)] as PlacementStrategy;
    const count = strategy === "STRICT_PACK" ? 1 : 1 + random.below(2);
    const group = await driver.group(
      Array.from({ length: count }, () => ({ CPU: 1 })),
      strategy,
    );
    const retries = retriesOf(random);
    await Promise.all(
      Array.from({ length: count }, async (_, bundleIndex) => {
        const name = `${id}.${bundleIndex}`;
        const options: TaskOptions = { maxRetries: retries, schedulingStrategy: { placementGroup: { id: group.id }, bundleIndex } };
        using ref = this.#submit("small", [random.between(1, 200), name, mostRuns(retries)], options);
        verdicts.value(name, await this.#outcome(ref), smallOf(name), { retries });
      }),
    );
    await group.remove();
  }

  async #small(id: string, ms: number, retries: number, options: TaskOptions): Promise<void> {
    using ref = this.#submit("small", [ms, id, mostRuns(retries)], options);
    this.#options.verdicts.value(id, await this.#outcome(ref), smallOf(id), { retries });
  }

  async #call(actor: ActorRecord, id: string, [ms, index, retries]: readonly [number, number, number], killed: boolean): Promise<void> {
    this.#options.verdicts.call(id, await this.#asked(actor, id, [ms, index, retries]), { killed });
  }

  async #asked(actor: ActorRecord, id: string, [ms, index, retries]: readonly [number, number, number]): Promise<Result> {
    using ref = this.#ask(actor, "add", [ms, id, mostRuns(retries), index]);
    return await this.#outcome(ref);
  }

  #ask(actor: ActorRecord, method: string, args: readonly unknown[]): ObjectRef {
    return new ObjectRef(this.#options.driver.caller.submitCall(actor, method, args).entries[0] as Entry);
  }

  #submit(name: string, args: readonly unknown[], options: TaskOptions): ObjectRef {
    return new ObjectRef(this.#options.driver.submit(name, args, options));
  }

  #outcome(ref: ObjectRef): Promise<Result> {
    return fetchOutcome(ObjectRef.entryOf(ref), this.#options.driver.caller.objects).then(
      (value) => ({ value }),
      (error) => ({ error }),
    );
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.driver.realm.after(ms, resolve));
  }
}

const { prototype } = Workload;
const PARCEL = ["parcel", prototype.parcel] as const;
const OPERATIONS: readonly (readonly [name: string, operation: (id: string, random: SeededRandom) => Promise<void>])[] = [
  ["one", prototype.one],
  ["burst", prototype.burst],
  ["chain", prototype.chain],
  ["put", prototype.put],
  ["keep", prototype.keep],
  ["items", prototype.items],
  ["tree", prototype.tree],
  ["fails", prototype.fails],
  ["cancel", prototype.cancel],
  ["actor", prototype.actor],
  ["actor", prototype.actor],
  ["paintings", prototype.paintings],
  ["namesakes", prototype.namesakes],
  ["group", prototype.group],
];

function retriesOf(random: SeededRandom): number {
  return RETRIES[random.below(RETRIES.length)] as number;
}

/** How often something may be begun that is tried again so often. */
function mostRuns(retries: number): number {
  return retries < 0 ? 1_000 : retries + 1;
}
