import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, availableResources, get, getRuntimeContext, init, kill, remote, shutdown } from "../../mod.ts";
import { until } from "../util/until.ts";
import { failureOf, SignalActor, type SignalHandle } from "./signal.ts";

beforeAll(() => init({ numCpus: 2 }));
afterAll(() => shutdown());

class Cell {
  n: number;
  constructor(n = 0) {
    this.n = n;
  }
  add(k: number): number {
    return (this.n += k);
  }
  where(): string {
    return getRuntimeContext().workerId;
  }
  cpus(): number {
    return getRuntimeContext().assignedResources["CPU"] ?? 0;
  }
}
const CellActor = remote(Cell);

describe("light actors, sharing a thread", () => {
  test("are very many, each with its own state", async () => {
    const Light = CellActor.options({ isolation: "shared" });
    const cells = Array.from({ length: 2_000 }, (_, i) => Light.remote(i));
    const sums = await get(cells.map((cell, i) => cell.add.remote(i)));
    expect(sums).toEqual(Array.from({ length: 2_000 }, (_, i) => 2 * i));
    expect(new Set(await get(cells.map((cell) => cell.where.remote()))).size).toBeLessThanOrEqual(4);
  });

  test("end one by one, and the others go on", async () => {
    const Light = CellActor.options({ isolation: "shared" });
    const [one, other] = [Light.remote(1), Light.remote(2)];
    await get([one.add.remote(0), other.add.remote(0)]);
    kill(one);
    expect((await failureOf(one.add.remote(1)))["code"]).toBe("ACTOR_DIED");
    expect(await get(other.add.remote(1))).toBe(3);
  });

  test("that are made anew leave nothing running that listens to its signal", async () => {
    class Looper {
      async loop(signal: SignalHandle): Promise<void> {
        const { signal: cancelled } = getRuntimeContext();
        signal.note.remote("runs");
        await new Promise((resolve) => cancelled.addEventListener("abort", resolve));
        signal.note.remote("told");
      }
    }
    const signal = SignalActor.remote();
    const looper = remote(Looper, { isolation: "shared", maxRestarts: 1 }).remote();
    const lost = failureOf(looper.loop.remote(signal));
    await get(signal.arrived.remote(1));
    kill(looper, { noRestart: false });
    expect((await lost)["code"]).toBe("ACTOR_UNAVAILABLE");
    expect(await get(signal.arrived.remote(2))).toEqual(["runs", "told"]);
  });
});

describe("inline actors", () => {
  test("live in their creator's thread, and are reached from others", async () => {
    const inline = CellActor.options({ isolation: "inline" }).remote(1);
    expect(await get(inline.where.remote())).toBe(getRuntimeContext().workerId);
    const task = remote(async (to: ActorHandle<Cell>) => await get(to.add.remote(5)));
    expect(await get(task.remote(inline))).toBe(6);
    expect(await get(inline.add.remote(1))).toBe(7);
  });

  test("may use what their module holds", async () => {
    const list: number[] = [];
    class Local {
      push(x: number): number {
        return list.push(x);
      }
    }
    const local = remote(Local, { isolation: "inline" }).remote();
    await get(local.push.remote(3));
    expect(list).toEqual([3]);
  });
});

describe("resources", () => {
  test("are held only while an actor is placed, when it states none: ten live on two CPUs", async () => {
    const cells = Array.from({ length: 10 }, (_, i) => CellActor.remote(i));
    expect(await get(cells.map((cell) => cell.add.remote(1)))).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
    expect(new Set(await get(cells.map((cell) => cell.where.remote()))).size).toBe(10);
    expect(await get((cells[0] as ActorHandle<Cell>).cpus.remote())).toBe(0);
    await until(async () => (await availableResources())["CPU"] === 2);
    const square = remote((x: number) => x * x);
    expect(await get(square.remote(3))).toBe(9);
    for (const cell of cells) kill(cell);
  });

  test("that are stated are held as long as the actor lives", async () => {
    const cells = [1, 2, 3].map((n) => CellActor.options({ numCpus: 1 }).remote(n));
    const [first, second, third] = cells as [ActorHandle<Cell>, ActorHandle<Cell>, ActorHandle<Cell>];
    expect(await get([first.add.remote(0), second.add.remote(0)])).toEqual([1, 2]);
    expect(await get(first.cpus.remote())).toBe(1);
    const waiting = third.add.remote(0);
    expect((await availableResources())["CPU"] ?? 0).toBe(0);
    kill(first);
    expect(await get(waiting)).toBe(3);
    kill(second);
    kill(third);
    await until(async () => (await availableResources())["CPU"] === 2);
  });

  test("are no bound for twenty actors in threads of their own", async () => {
    const cells = Array.from({ length: 20 }, (_, i) => CellActor.remote(i));
    expect(await get(cells.map((cell) => cell.add.remote(0)))).toEqual(Array.from({ length: 20 }, (_, i) => i));
    for (const cell of cells) kill(cell);
  });
});
