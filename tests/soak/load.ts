import {
  type ActorHandle,
  cancel,
  exitActor,
  get,
  getActor,
  kv,
  type ObjectRef,
  placementGroup,
  put,
  remote,
  removePlacementGroup,
  wait,
} from "../../mod.ts";

const MAX_MS = 60_000;

const square = remote((x: number) => x * x);
const filled = remote((value: number) => new Float64Array(30_000).fill(value));
const sum = remote((values: Float64Array) => values.reduce((total, value) => total + value, 0));
const items = remote(
  function* (count: number) {
    for (let i = 0; i < count; i++) yield i % 3 === 0 ? new Float64Array(20_000).fill(i) : i;
  },
  { numReturns: "streaming", generatorBackpressure: 4 },
);
const fails = remote((text: string) => {
  throw new RangeError(text);
});
const forever = remote(async () => await new Promise(() => {}));
const apart = remote((x: number) => x + 1, { isolation: "process" });
const inside = remote(async (ref: [ObjectRef<number>]) => await get(ref[0]));

class Account {
  #total = 0;
  add(amount: number): number {
    this.#total += amount;
    return this.#total;
  }
  async large(): Promise<Float64Array> {
    return new Float64Array(20_000).fill(this.#total);
  }
  leave(): void {
    exitActor();
  }
}
const AccountActor = remote(Account, { numCpus: 0 });

function assertEqual(what: string, got: unknown, expected: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(expected)) throw new Error(`${what}: ${JSON.stringify(got)} and not ${JSON.stringify(expected)}`);
}

async function tasks(): Promise<void> {
  const results = await get(
    Array.from({ length: 300 }, (_, i) => square.remote(i)),
    { timeoutMs: MAX_MS },
  );
  assertEqual("squares", results.at(-1), 299 * 299);
  const errors = await Promise.all(["a", "b"].map((text) => get(fails.remote(text), { timeoutMs: MAX_MS }).catch((error: Error) => error.cause)));
  assertEqual(
    "errors",
    errors.map((error) => (error as Error).message),
    ["a", "b"],
  );
  const cancelled = forever.remote();
  cancel(cancelled);
  assertEqual("a cancelled task", await get(cancelled).catch((error: { code: string }) => error.code), "TASK_CANCELLED");
  assertEqual("a nested ref", await get(inside.remote([put(7)]), { timeoutMs: MAX_MS }), 7);
}

async function objects(): Promise<void> {
  const made = [1, 2, 3, 4].map((value) => filled.remote(value));
  const sums = [...made.map((ref) => sum.remote(ref)), sum.remote(put(new Float64Array(30_000).fill(5)))];
  await wait(made, { numReturns: made.length, fetchLocal: false, timeoutMs: MAX_MS });
  assertEqual("sums", await get(sums, { timeoutMs: MAX_MS }), [30_000, 60_000, 90_000, 120_000, 150_000]);
  for (const ref of [...made, ...sums]) ref[Symbol.dispose]();
}

async function generators(): Promise<void> {
  let count = 0;
  for await (const item of items.remote(12)) {
    using own = item;
    if (count++ % 2 === 0) await get(own as ObjectRef<unknown>, { timeoutMs: MAX_MS });
  }
  assertEqual("items", count, 12);
  // One that nobody reads to its end.
  for await (const item of items.remote(12)) {
    item[Symbol.dispose]();
    break;
  }
}

async function actors(run: string, isNamed: boolean): Promise<void> {
  const own = AccountActor.options({ isolation: "shared" }).remote();
  const apart = AccountActor.remote();
  assertEqual(
    "an actor",
    await get(
      [1, 2, 3].map((n) => own.add.remote(n)),
      { timeoutMs: MAX_MS },
    ),
    [1, 3, 6],
  );
  if (isNamed) await namedActor(`account ${run}`);
  using large = apart.large.remote();
  assertEqual("an actor's array", (await get(large, { timeoutMs: MAX_MS })).length, 20_000);
  const left = await get(apart.leave.remote(), { timeoutMs: MAX_MS }).catch((error: { code: string }) => error.code);
  assertEqual("an actor that leaves", left, "ACTOR_DIED");
  for (const handle of [own, apart]) (handle as unknown as Disposable)[Symbol.dispose]();
}

async function namedActor(name: string): Promise<void> {
  const named = AccountActor.options({ name, namespace: "soak" }).remote();
  await get(named.add.remote(1), { timeoutMs: MAX_MS });
  const found = (await getActor(name, { namespace: "soak" })) as unknown as ActorHandle<Account>;
  assertEqual("an actor by its name", await get(found.add.remote(1), { timeoutMs: MAX_MS }), 2);
  for (const handle of [named, found]) (handle as unknown as Disposable)[Symbol.dispose]();
}

async function groups(): Promise<void> {
  const group = placementGroup([{ CPU: 0.5 }, { CPU: 0.5 }], { strategy: "PACK" });
  await get(group.ready(), { timeoutMs: MAX_MS });
  const there = square.options({ numCpus: 0.5, schedulingStrategy: { placementGroup: group, bundleIndex: 1 } });
  assertEqual("a task in a group", await get(there.remote(5), { timeoutMs: MAX_MS }), 25);
  await removePlacementGroup(group);
}

async function keys(run: string): Promise<void> {
  await kv.put(`soak/${run}`, "value");
  assertEqual("a key", await kv.get(`soak/${run}`), "value");
  await kv.del(`soak/${run}`);
}

export interface LoadOptions {
  /** In a process of its own, too. */
  readonly processes: boolean;
  /** With options that no call had before: what a job defines, it keeps until it ends. */
  readonly defines: boolean;
}

/** One cycle of everything. Everything that it makes is let go of. */
export async function mixedLoad(run: string, { processes, defines }: LoadOptions): Promise<void> {
  await Promise.all([tasks(), objects(), generators(), actors(run, defines), keys(run), ...(defines ? [groups()] : [])]);
  if (processes) assertEqual("a process", await get(apart.remote(1), { timeoutMs: MAX_MS }), 2);
}
