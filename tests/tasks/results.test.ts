import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, get, getRuntimeContext, init, type ObjectRef, put, remote, shutdown, TaskError, wait } from "../../mod.ts";
import { rejection, rejectionText } from "../rejection.ts";
import { type Gate, GateActor } from "./gate.ts";

beforeAll(() => init({ numCpus: 2 }));
afterAll(() => shutdown());

const square = remote((x: number) => x * x);
const add = remote((a: number, b: number) => a + b);
const identity = remote((x: unknown) => x);
const fail = remote((message: string): number => {
  throw new RangeError(message);
});

describe("results", () => {
  test("a task gives its result, also one that is a promise", async () => {
    const later = remote(async (x: number) => {
      await Promise.resolve();
      return x + 1;
    });
    expect(await get(square.remote(4))).toBe(16);
    expect(await get(later.remote(4))).toBe(5);
    expect(await get(identity.remote(undefined))).toBe(undefined);
  });

  test("several returns are a tuple of refs, each with a value of its own", async () => {
    const pair = remote((x: number): [number, string] => [x, `n${x}`], { numReturns: 2 });
    const [number, text] = pair.remote(7);
    expect(await get(text)).toBe("n7");
    expect(await get(number)).toBe(7);
    expect(await get(pair.options({ numReturns: 1 }).remote(1))).toEqual([1, "n1"]);
  });

  test("no returns give no ref, and the task runs", async () => {
    const gate = GateActor.remote();
    const note = remote(
      async (to: ActorHandle<Gate>) => {
        await get(to.note.remote("ran"));
      },
      { numReturns: 0 },
    );
    expect(note.remote(gate)).toBe(undefined);
    await get(gate.arrived.remote(1));
    expect(await get(gate.read.remote())).toEqual(["ran"]);
  });

  test("a wrong number of returns is an error that names both", async () => {
    const three = remote((): number[] => [1, 2, 3], { numReturns: 2 });
    const refs = three.remote();
    for (const ref of refs) expect(await rejectionText(get(ref))).toMatch(/numReturns is 2.*array of 3/s);
  });

  test("a generator with a stated number of returns gives each item its ref", async () => {
    const items = remote(
      function* () {
        yield "a";
        yield "b";
      },
      { numReturns: 2 },
    );
    expect(await get(items.remote())).toEqual(["a", "b"]);
    const slow = remote(
      async function* () {
        yield 1;
        yield 2;
        yield 3;
      },
      { numReturns: 3 },
    );
    expect(await get(slow.remote())).toEqual([1, 2, 3]);
    expect(await rejectionText(get(slow.options({ numReturns: 2 }).remote()))).toMatch(/numReturns is 2/);
  });

  test("a task's exception comes whole", async () => {
    class BadInput extends Error {
      override name = "BadInput";
      field = "age";
    }
    const picky = remote(
      (): number => {
        class BadInput extends Error {
          override name = "BadInput";
          field = "age";
        }
        throw new BadInput("too young");
      },
      { name: "picky" },
    );
    const error = (await get(picky.remote()).catch((error: unknown) => error)) as TaskError;
    expect(error).toBeInstanceOf(TaskError);
    expect(error.functionName).toBe("picky");
    expect((error.cause as BadInput).name).toBe("BadInput");
    expect((error.cause as BadInput).field).toBe("age");
    expect((error.cause as BadInput).message).toBe("too young");
  });

  test("a task's exception comes with what it carries, however large", async () => {
    const carry = remote(() => {
      throw Object.assign(new Error("no image"), { body: new Uint8Array(300_000).fill(7), text: "x".repeat(300_000) });
    });
    const failure = (await get(carry.remote()).catch((error: unknown) => error)) as TaskError;
    expect(failure).toBeInstanceOf(TaskError);
    const { message, body, text } = failure.cause as Error & { body: Uint8Array; text: string };
    expect([message, body.length, body[299_999], text.length]).toEqual(["no image", 300_000, 7, 300_000]);
  });

  test("what cannot be looked at, returned or thrown, fails its call and nothing else", async () => {
    const strict = (of: object): object =>
      new Proxy(of, {
        get: (_target, key) => {
          throw new Error(`it has no ${String(key)}`);
        },
      });
    const returns = remote((): object => strict({}), { maxRetries: 0, captures: { strict } });
    const throws = remote(
      (): never => {
        throw strict(new Error());
      },
      { maxRetries: 1, retryExceptions: ["RangeError"], captures: { strict } },
    );
    for (const ref of [returns.remote(), throws.remote()]) expect(await rejection(get<unknown>(ref))).toBeInstanceOf(TaskError);
    class Fragile {
      #calls = 0;
      count(): number {
        return ++this.#calls;
      }
      returns(): object {
        return strict({});
      }
      throws(): never {
        throw strict(new Error());
      }
    }
    const FragileActor = remote(Fragile, { numCpus: 0, isolation: "shared", captures: { strict } });
    const [actor, neighbour] = [FragileActor.remote(), FragileActor.remote()];
    expect(await get([actor.count.remote(), neighbour.count.remote()])).toEqual([1, 1]);
    expect(await rejection(get(actor.returns.remote()))).toBeInstanceOf(TaskError);
    expect(await rejection(get(actor.throws.remote()))).toBeInstanceOf(TaskError);
    expect(await get([actor.count.remote(), neighbour.count.remote()])).toEqual([2, 2]);
  });

  test("large results are shared, also several of them", async () => {
    const make = remote((): [Float64Array, Float64Array] => [new Float64Array(50_000).fill(1), new Float64Array(50_000).fill(2)], { numReturns: 2 });
    const sum = remote((a: Float64Array, b: Float64Array) => a.reduce((x, y) => x + y, 0) + b.reduce((x, y) => x + y, 0));
    const [a, b] = make.remote();
    expect(await get(sum.remote(a, b))).toBe(150_000);
    expect((await get(a)).length).toBe(50_000);
  });
});

describe("refs as arguments", () => {
  test("a ref stands for its value: ready, pending, put, large", async () => {
    const ready = square.remote(2);
    await get(ready);
    expect(await get(add.remote(ready, square.remote(3)))).toBe(13);
    expect(await get(add.remote(put(5), 1))).toBe(6);
    const large = put(new Uint8Array(200_000).fill(3));
    const size = remote((bytes: Uint8Array) => bytes.length);
    expect(await get(size.remote(large))).toBe(200_000);
  });

  test("a chain of a thousand pending tasks comes to its end", async () => {
    let ref: ObjectRef<number> = add.remote(0, 1);
    for (let i = 1; i < 1_000; i++) ref = add.remote(ref, 1);
    expect(await get(ref)).toBe(1_000);
  });

  test("10,000 refs to one task, pending ones and ready ones", async () => {
    const sum = remote((...numbers: number[]) => numbers.reduce((a, b) => a + b, 0));
    const refs = Array.from({ length: 10_000 }, (_, i) => identity.remote(i) as ObjectRef<number>);
    const expected = (10_000 * 9_999) / 2;
    expect(await get(sum.remote(...refs))).toBe(expected);
    expect(await get(sum.remote(...refs))).toBe(expected);
  });

  test("a failed argument fails the task with the same error, without running it", async () => {
    const gate = GateActor.remote();
    const run = remote(async (_value: number, to: ActorHandle<Gate>) => {
      await get(to.note.remote("ran"));
      return 1;
    });
    const held = remote(async (to: ActorHandle<Gate>): Promise<number> => {
      await get(to.pass.remote());
      throw new RangeError("late");
    });
    const failed = fail.remote("early");
    await wait([failed]);
    const late = held.remote(gate);
    const refs = [run.remote(failed, gate), run.remote(late, gate), run.remote(run.remote(late, gate), gate)];
    await get(gate.open.remote());
    const errors = (await Promise.all(refs.map((ref) => get(ref).catch((error: unknown) => error)))) as TaskError[];
    expect(errors.map((error) => (error.cause as Error).message)).toEqual(["early", "late", "late"]);
    for (const error of errors) expect(error.cause).toBeInstanceOf(RangeError);
    expect(await get(gate.read.remote())).toEqual([]);
  });

  test("a ref inside a value stays a ref", async () => {
    const open = remote(async (box: { ref: ObjectRef<number> }) => (await get(box.ref)) + 1);
    expect(await get(open.remote({ ref: square.remote(3) }))).toBe(10);
    const wrap = remote((x: number) => ({ inner: put(x) }));
    const { inner } = await get(wrap.remote(8));
    expect(await get(inner)).toBe(8);
    expect(await get(square.remote(inner))).toBe(64);
  });

  test("a ref returned by a task that is still pending can be awaited by whoever gets it", async () => {
    const gate = GateActor.remote();
    const outer = remote((to: ActorHandle<Gate>) => {
      const inner = remote(async (gate: ActorHandle<Gate>) => {
        await get(gate.pass.remote());
        return "through";
      });
      return inner.remote(to);
    });
    const inner = (await get(outer.remote(gate))) as unknown as ObjectRef<string>;
    const forward = identity.remote(inner);
    await get(gate.open.remote());
    expect(await get(inner)).toBe("through");
    expect(await get(forward)).toBe("through");
  });
});

describe("functions", () => {
  test("a remote function called directly says how to call it", () => {
    expect(() => (square as unknown as (x: number) => number)(2)).toThrow(TypeError);
    expect(() => (square as unknown as (x: number) => number)(2)).toThrow(/\.remote\(/);
  });

  test("a ref used as a value says to fetch it", async () => {
    const ref = square.remote(3);
    expect(() => (ref as unknown as number) + 1).toThrow(/await get\(ref\)/);
    expect(() => JSON.stringify({ ref })).toThrow(/await get\(ref\)/);
    expect(`${ref}`).toContain(ref.id);
    // Not thenable: awaiting it by mistake gives the ref itself, which says what it is.
    expect((await ref) as unknown).toBe(ref);
    await get(ref);
  });

  test("captures are passed by name", async () => {
    const rate = 3;
    const table = new Map([["x", 4]]);
    const scale = remote((key: string) => (table.get(key) ?? 0) * rate, { captures: { rate, table } });
    expect(await get(scale.remote("x"))).toBe(12);
  });

  test("captures may be large", async () => {
    const table = new Uint8Array(300_000).fill(3);
    const look = remote((at: number): number => table[at] as number, { captures: { table } });
    expect(await get(look.remote(299_999))).toBe(3);
  });

  test("plain functions and remote functions travel as arguments, inside values and as results", async () => {
    const map = remote((items: number[], fn: (x: number) => number) => items.map(fn));
    expect(await get(map.remote([1, 2, 3], (x) => x * 2))).toEqual([2, 4, 6]);
    const apply = remote(async (box: { fn: typeof square }, x: number) => await get(box.fn.remote(x)));
    expect(await get(apply.remote({ fn: square }, 5))).toBe(25);
    const adder = remote((by: number) => ({ by, fn: (x: number) => x + 1 }));
    expect((await get(adder.remote(1))).fn(1)).toBe(2);
  });

  test("a task knows itself", async () => {
    const who = remote(
      () => {
        const { taskId, taskName, workerId, nodeId, jobId, attempt, assignedResources, actorId } = getRuntimeContext();
        return {
          taskId,
          taskName,
          workerId,
          nodeId,
          jobId,
          attempt,
          assignedResources,
          actorId,
          canceled: getRuntimeContext().isCanceled(),
        };
      },
      { name: "who", numCpus: 0.5 },
    );
    const driver = getRuntimeContext();
    const seen = await get(who.remote());
    expect(seen).toMatchObject({
      taskName: "who",
      nodeId: driver.nodeId,
      jobId: driver.jobId,
      attempt: 0,
      assignedResources: { CPU: 0.5 },
      canceled: false,
    });
    expect(typeof seen.taskId).toBe("string");
    expect(seen.actorId).toBe(undefined);
    expect(seen.workerId).not.toBe(driver.workerId);
    expect((await get(who.options({ name: "other" }).remote())).taskName).toBe("other");
    expect(driver.taskId).toBe(undefined);
  });

  test("an inline task runs in the thread of its caller, and not at once", async () => {
    const seen: string[] = [];
    const here = remote(
      (text: string) => {
        seen.push(text);
        return getRuntimeContext().workerId;
      },
      { isolation: "inline" },
    );
    const ref = here.remote("inline");
    expect(seen).toEqual([]);
    expect(await get(ref)).toBe(getRuntimeContext().workerId);
    expect(seen).toEqual(["inline"]);
    expect(await get(square.remote(square.options({ isolation: "inline" }).remote(3)))).toBe(81);
    expect(await rejectionText(get(fail.options({ isolation: "inline" }).remote("inline too")))).toMatch(/inline too/);
  });
});
