import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ActorDiedError, get, getRuntimeContext, init, RuntimeEnvSetupError, remote, shutdown } from "../../mod.ts";
import { rejection } from "../rejection.ts";
import { look } from "./look.ts";

beforeAll(() => init({ numCpus: 2, runtimeEnv: { envVars: { MOBULA_JOB: "job", MOBULA_BOTH: "job" } } }));
afterAll(() => shutdown());

const fixture = (name: string): string => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

describe("envVars", () => {
  test("are seen by the tasks that ask for them, in threads and in processes, over the job's own", async () => {
    const env = { envVars: { MOBULA_OWN: "own", MOBULA_BOTH: "own" } };
    for (const isolation of ["thread", "process"] as const) {
      const seen = look.options({ isolation, runtimeEnv: env }).remote("MOBULA_JOB", "MOBULA_OWN", "MOBULA_BOTH");
      expect(await get(seen)).toEqual(["job", "own", "own"]);
      expect(await get(look.options({ isolation }).remote("MOBULA_JOB", "MOBULA_OWN", "MOBULA_BOTH"))).toEqual(["job", null, "job"]);
    }
    expect(process.env["MOBULA_JOB"]).toBeUndefined();
    expect(process.env["MOBULA_OWN"]).toBeUndefined();
  });

  test("that a task changes stay in its thread", async () => {
    const set = remote(
      () => {
        process.env["MOBULA_LEAK"] = "leaked";
        const deno = (globalThis as { Deno?: { env: { set(name: string, value: string): void } } }).Deno;
        deno?.env.set("MOBULA_LEAK", "leaked");
      },
      { runtimeEnv: { envVars: { MOBULA_LEAKY: "1" } } },
    );
    await get(set.remote());
    expect(await get(look.remote("MOBULA_LEAK"))).toEqual([null]);
    expect(process.env["MOBULA_LEAK"]).toBeUndefined();
  });

  test("go down to what a task submits, and the context shows them everywhere", async () => {
    const child = remote(() => [process.env["MOBULA_OWN"], getRuntimeContext().runtimeEnv]);
    const parent = remote(async () => await get(child.remote()), { runtimeEnv: { envVars: { MOBULA_OWN: "parent" } } });
    const merged = { envVars: { MOBULA_BOTH: "job", MOBULA_JOB: "job", MOBULA_OWN: "parent" } };
    expect(await get(parent.remote())).toEqual(["parent", merged]);
    expect(getRuntimeContext().runtimeEnv).toEqual({ envVars: { MOBULA_BOTH: "job", MOBULA_JOB: "job" } });
  });

  test("are an actor's for as long as it lives, light ones included", async () => {
    class Reader {
      read(): (string | undefined)[] {
        return [process.env["MOBULA_OWN"], process.env["MOBULA_JOB"]];
      }
    }
    for (const isolation of ["thread", "shared", "process"] as const) {
      const actor = remote(Reader, { numCpus: 0, isolation, runtimeEnv: { envVars: { MOBULA_OWN: isolation } } }).remote();
      expect(await get(actor.read.remote())).toEqual([isolation, "job"]);
    }
  });

  test("of more environments than there may be workers are all served", async () => {
    const refs = Array.from({ length: 12 }, (_, i) => look.options({ runtimeEnv: { envVars: { MOBULA_N: `${i}` } } }).remote("MOBULA_N"));
    expect(await get(refs)).toEqual(refs.map((_, i) => [`${i}`]));
  });
});

describe("workingDir", () => {
  test("is where the task runs, without asking for a process", async () => {
    const where = remote(() => process.cwd(), { runtimeEnv: { workingDir: "/" } });
    expect(await get(where.remote())).toBe("/");
    expect(process.cwd()).not.toBe("/");
  });

  test("that is not there fails its tasks and actors, naming it", async () => {
    const runtimeEnv = { workingDir: "/not/there" };
    const failure = await rejection(get(look.options({ runtimeEnv }).remote()));
    expect(failure).toBeInstanceOf(RuntimeEnvSetupError);
    expect(String(failure)).toContain("/not/there");
    class Idle {
      wait(): void {}
    }
    const death = await rejection(get(remote(Idle, { runtimeEnv }).remote().wait.remote()));
    expect(death).toBeInstanceOf(ActorDiedError);
    expect(String(death)).toContain("/not/there");
  });
});

describe("setupHook", () => {
  test("has run once in every worker before its first task, in threads and in processes", async () => {
    const count = remote(() => (globalThis as { setUps?: number }).setUps, { runtimeEnv: { setupHook: fixture("setup_marks") } });
    for (const isolation of ["thread", "process"] as const) {
      const refs = Array.from({ length: 20 }, () => count.options({ isolation }).remote());
      expect(new Set(await get(refs))).toEqual(new Set([1]));
    }
  });

  test("that fails, fails every task of its environment with the cause", async () => {
    for (const isolation of ["thread", "process"] as const) {
      const broken = look.options({ isolation, runtimeEnv: { setupHook: fixture("setup_throws") } });
      for (const ref of [broken.remote(), broken.remote()]) {
        const failure = (await rejection(get(ref))) as RuntimeEnvSetupError;
        expect(failure).toBeInstanceOf(RuntimeEnvSetupError);
        expect(failure.field).toBe("setupHook");
        expect(failure.cause).toBeInstanceOf(TypeError);
        expect(failure.message).toContain("no such database");
      }
    }
    const absent = await rejection(get(look.options({ runtimeEnv: { setupHook: "/not/there.ts" } }).remote()));
    expect(absent).toBeInstanceOf(RuntimeEnvSetupError);
    expect(String(absent)).toContain("/not/there.ts");
  });
});

test("what this release does not have is refused, not ignored", () => {
  for (const runtimeEnv of [{ packages: ["a@1"] }, { modules: ["a"] }, { excludes: ["a"] }, { permissions: {} }]) {
    expect(() => look.options({ runtimeEnv }).remote()).toThrow(RuntimeEnvSetupError);
  }
  expect(() => look.options({ isolation: "inline", runtimeEnv: { envVars: { A: "1" } } }).remote()).toThrow(RangeError);
});
