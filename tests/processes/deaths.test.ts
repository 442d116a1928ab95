import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import process from "node:process";
import {
  ActorDiedError,
  availableResources,
  cancel,
  type Death,
  get,
  init,
  type ObjectRef,
  OutOfMemoryError,
  remote,
  shutdown,
  TaskCancelledError,
  WorkerCrashedError,
} from "../../mod.ts";
import { waitForCondition } from "../../testing/mod.ts";

beforeAll(async () => {
  await init({ numCpus: 2, logToDriver: false });
});
afterAll(shutdown);

const inDeno = "Deno" in globalThis;

async function failureOf(ref: ObjectRef<unknown>): Promise<Error & { death: Death }> {
  return (await get(ref).then(
    () => expect.unreachable("the call should have failed"),
    (error: unknown) => error,
  )) as Error & { death: Death };
}

for (const isolation of ["thread", "process"] as const) {
  const once = { isolation, maxRetries: 0 } as const;

  describe(`a ${isolation} that is brought down by a task`, () => {
    test("by a throw in a timer: the error names it and the last lines, and carries what was thrown", async () => {
      const task = remote(function timed() {
        console.log("before\nthe throw");
        setTimeout(() => {
          throw new RangeError("in a timer");
        }, 1);
        return new Promise(() => {});
      }, once);
      const failure = await failureOf(task.remote());
      expect(failure).toBeInstanceOf(WorkerCrashedError);
      expect(failure.death).toMatchObject({ cause: "uncaught", exitCode: 1, lastLogs: ["before", "the throw"] });
      expect(failure.message).toContain(failure.death.workerId as string);
      expect(failure.message).toContain('task "timed"');
      expect(failure.message).toContain("Last log lines:\n  before\n  the throw");
      expect(failure.cause).toBeInstanceOf(RangeError);
      expect((failure.cause as Error).message).toBe("in a timer");
    });

    test("by a promise that nobody catches", async () => {
      const task = remote(() => {
        void Promise.reject(new TypeError("nobody catches this"));
        return new Promise(() => {});
      }, once);
      const failure = await failureOf(task.remote());
      expect(failure.death.cause).toBe("uncaught");
      expect((failure.cause as Error).message).toBe("nobody catches this");
    });

    test("by process.exit: the error has the code and what was printed just before", async () => {
      const task = remote(() => {
        console.error("leaving");
        process.exit(7);
      }, once);
      const failure = await failureOf(task.remote());
      expect(failure).toBeInstanceOf(WorkerCrashedError);
      expect(failure.death).toMatchObject({ cause: "exit", exitCode: 7, lastLogs: ["leaving"] });
      expect(failure.message).toContain("exit code 7");
    });

    test.skipIf(!inDeno)("by Deno.exit", async () => {
      const task = remote(() => (globalThis as unknown as { Deno: { exit(code: number): never } }).Deno.exit(8), once);
      expect((await failureOf(task.remote())).death).toMatchObject({ cause: "exit", exitCode: 8 });
    });

    test("is replaced, and a retry succeeds", async () => {
      const flaky = remote(
        (path: string) =>
          import("node:fs").then(({ existsSync, writeFileSync }) => {
            if (existsSync(path)) return "second time";
            writeFileSync(path, "");
            process.exit(1);
          }),
        { isolation, maxRetries: 1 },
      );
      const { mkdtempSync, rmSync } = await import("node:fs");
      const { tmpdir } = await import("node:os");
      const folder = mkdtempSync(`${tmpdir()}/mobula-flaky-`);
      expect(await get(flaky.remote(`${folder}/ran`))).toBe("second time");
      rmSync(folder, { recursive: true });
    });

    test("by an actor's method: the actor's error tells the same", async () => {
      const Bomb = remote(
        class Bomb {
          leave(): void {
            console.log("the actor leaves");
            process.exit(3);
          }
          throwLater(): Promise<void> {
            setTimeout(() => {
              throw new RangeError("the actor's timer");
            }, 1);
            return new Promise(() => {});
          }
        },
        { isolation },
      );
      const left = await failureOf(Bomb.remote().leave.remote());
      expect(left).toBeInstanceOf(ActorDiedError);
      expect(left.death).toMatchObject({ cause: "exit", exitCode: 3, lastLogs: ["the actor leaves"] });
      expect(left.message).toContain("exit code 3");
      const threw = await failureOf(Bomb.remote().throwLater.remote());
      expect(threw.death.cause).toBe("uncaught");
      expect(threw.cause).toBeInstanceOf(RangeError);
    });

    test("by force, in a busy loop, is replaced; its ref is rejected at once", async () => {
      const path = `${(await import("node:os")).tmpdir()}/mobula-busy-${process.pid}-${isolation}`;
      const { existsSync, rmSync } = await import("node:fs");
      const busy = remote(async (file: string) => {
        const { writeFileSync } = await import("node:fs");
        writeFileSync(file, "");
        for (;;);
      }, once);
      const ref = busy.remote(path);
      await waitForCondition(() => existsSync(path));
      rmSync(path);
      cancel(ref, { force: true });
      expect(await failureOf(ref)).toBeInstanceOf(TaskCancelledError);
      const alive = remote((x: number) => x, once);
      expect(await get([alive.remote(1), alive.remote(2)])).toEqual([1, 2]);
    });
  });
}

describe("a child process that the system ends", () => {
  const once = { isolation: "process", maxRetries: 0 } as const;

  test("by SIGKILL is told by its signal, not as out of memory", async () => {
    const failure = await failureOf(
      remote(() => {
        process.kill(process.pid, "SIGKILL");
        return new Promise(() => {});
      }, once).remote(),
    );
    expect(failure).toBeInstanceOf(WorkerCrashedError);
    expect(failure.death).toMatchObject({ cause: "signal", signal: "SIGKILL" });
    expect(failure.message).toContain("signal SIGKILL");
    expect(failure.death.pid).toBeGreaterThan(0);
  });

  test("by a native crash is told with its last words", async () => {
    const failure = await failureOf(
      remote(() => {
        console.log("just before");
        process.abort();
      }, once).remote(),
    );
    expect(failure.death.cause).toBe("signal");
    expect(failure.death.signal).toBe("SIGABRT");
    expect(failure.death.lastLogs).toContain("just before");
  });

  test("from outside, while it waits, takes its actor with it, which is restarted when it may be", async () => {
    const Kept = remote(
      class Kept {
        pid(): number {
          return process.pid;
        }
      },
      { isolation: "process", maxRestarts: 1 },
    );
    const kept = Kept.remote();
    const first = await get(kept.pid.remote());
    process.kill(first, "SIGKILL");
    const second = await waitForCondition(() => get(kept.pid.remote()));
    expect(second).not.toBe(first);
  });

  // JavaScriptCore has no limit that can be set from outside.
  test.skipIf(!inDeno)("because its heap is full is OutOfMemoryError", async () => {
    const eats = remote(
      () => {
        const eaten: object[] = [];
        for (;;) eaten.push(new Array(10_000).fill({}));
      },
      { ...once, runtimeEnv: { envVars: { DENO_V8_FLAGS: "--max-old-space-size=60" } } },
    );
    const failure = await failureOf(eats.remote());
    expect(failure).toBeInstanceOf(OutOfMemoryError);
    expect(failure.death.cause).toBe("out-of-memory");
  });
});

test("after all these deaths nothing of the node's CPUs is missing", async () => {
  await waitForCondition(async () => (await availableResources())["CPU"] === 2);
});
