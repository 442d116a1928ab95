import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Definition, FunctionNotFoundFault } from "../../../runtime/functions/mod.ts";
import { outcomeOf } from "../../fixtures/functions/driver.ts";
import { type RemoteFunction, remote, tableOf } from "../../fixtures/functions/fake_mobula.ts";

const fixture = (name: string): string => new URL(`../../fixtures/functions/${name}`, import.meta.url).href;

async function load(name: string): Promise<Record<string, any>> {
  return import(fixture(name));
}

interface Success {
  value: unknown;
  evaluated: string[];
}

async function run(object: RemoteFunction, ...args: unknown[]): Promise<Success> {
  const outcome = await outcomeOf({ table: tableOf(object), args });
  if ("error" in outcome) throw Object.assign(new Error(), outcome.error);
  return outcome as Success;
}

/** What a script prints when it is the main module. */
async function runScript(name: string): Promise<unknown> {
  const file = fileURLToPath(fixture(name));
  const args = "Deno" in globalThis ? ["run", "-A", "--no-check", file] : [file];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.on("data", (chunk) => {
    printed += chunk;
  });
  await new Promise((resolve) => child.on("close", resolve));
  return JSON.parse(printed);
}

function faultOf(fn: () => unknown): FunctionNotFoundFault {
  try {
    fn();
  } catch (error) {
    if (error instanceof FunctionNotFoundFault) return error;
    throw error;
  }
  throw new Error("no fault");
}

describe("definitions before init()", () => {
  test("self-contained: the source travels and the module is not evaluated in the worker", async () => {
    const { square } = await load("before_init.ts");
    expect(await run(square, 7)).toEqual({ value: 49, evaluated: [] });
  });

  test("using imports and module-level names: the worker imports the module up to init()", async () => {
    const { scaled, Box } = await load("before_init.ts");
    expect(scaled.definition.kind).toBe("module");
    expect(await run(scaled, 2)).toEqual({ value: 23, evaluated: ["before_init"] });
    expect((await run(Box, 4)).value).toBe(7);
  });

  test("calling themselves and other remote functions: bound, not imported", async () => {
    const { fib, collected, sums } = await load("before_init.ts");
    expect(await run(fib, 4)).toEqual({ value: 3, evaluated: [] });
    expect(await run(collected, [1, 2, 3])).toEqual({ value: [1, 4, 9], evaluated: [] });
    expect(sums.definition.bindings.map((binding: { kind: string }) => binding.kind)).toEqual(["mobula", "remote"]);
  });
});

describe("definitions after init()", () => {
  test("self-contained: they travel", async () => {
    const { late } = await load("before_init.ts");
    expect(await run(late, 1)).toEqual({ value: 2, evaluated: [] });
  });

  test("using an import: a fault names it, the await that stops the module, and three ways out", async () => {
    const { tooLate } = await load("before_init.ts");
    const fault = faultOf(() => tooLate.definition);
    expect(fault.freeNames).toEqual(["times"]);
    expect(fault.functionName).toBe("tooLate");
    expect(fault.message).toMatch(/times, imported from ".\/helper.ts".*top-level await in line \d+/);
    expect(fault.message).toMatch(/captures: \{ times \}.*top level of its module.*self-contained/);
  });

  test("variables set only after init() are a fault, those set by another await are waited for", async () => {
    const { usesSlow, usesNever } = await load("initialised_late.ts");
    expect((await run(usesSlow, 1)).value).toBe(21);
    expect(faultOf(() => usesNever.definition).message).toContain("never gets its value after the top-level await");
  });
});

describe("a module of its own", () => {
  test("an imported function is imported from where it is, the main script is not", async () => {
    const { viaImport, viaNamespace } = await load("uses_tasks.ts");
    for (const object of [viaImport, viaNamespace]) {
      expect(object.definition).toMatchObject({ kind: "module", url: fixture("tasks.ts"), exportName: "work" });
      expect(await run(object, 2)).toEqual({ value: 21, evaluated: ["tasks"] });
    }
  });

  test("an imported remote function is bound as one of the module itself", async () => {
    const { usesExported } = await load("uses_tasks.ts");
    expect(await run(usesExported, 1)).toEqual({ value: 24, evaluated: ["tasks"] });
  });

  test("a self-contained imported function travels by source, unless an import hides a global it uses", async () => {
    const { viaPure, viaShadowed } = await load("uses_tasks.ts");
    expect(viaPure.definition).toMatchObject({ kind: "source", name: "pure" });
    expect(viaShadowed.definition).toMatchObject({ kind: "module", url: fixture("tasks.ts"), exportName: "shadowed" });
    expect((await run(viaShadowed, 3)).value).toBe(3);
  });

  test("definitions in loops, factories and wrappers keep apart", async () => {
    const { looped, wrapped, wrappedToo, tailed, produced, default: last } = await load("tasks.ts");
    const values = [];
    for (const object of [...looped, wrapped, wrappedToo, tailed, ...produced, last]) values.push((await run(object, 1)).value);
    expect(values).toEqual([11, 12, 13, 17, 18, 19, 21, 21, 22]);
  });

  test("a factory's parameter is a local variable: a fault names it", async () => {
    const { made } = await load("tasks.ts");
    const fault = faultOf(() => made[1].definition);
    expect(fault.freeNames).toEqual(["name"]);
    expect(fault.reason).toContain("a local variable of the function around it");
  });

  test("definitions that refer to each other in a circle travel", async () => {
    const { cyclic } = await load("tasks.ts");
    expect((await run(cyclic, 3)).value).toBe(1);
  });

  test("plain JavaScript: sites agree, methods travel", async () => {
    const { added, scaled, table } = await load("plain.js");
    expect(added.definition.kind).toBe("module");
    expect((await run(added, 1)).value).toBe(2);
    expect((await run(scaled, 1)).value).toBe(10);
    expect((await run(table.double, 4)).value).toBe(8);
  });
});

describe("scripts", () => {
  test("definitions before and after init() all work when the script is run", async () => {
    expect(await runScript("before_init.ts")).toEqual([16, 23, 2, [1, 4, 9], 8, 2, "FunctionNotFoundFault"]);
  });

  test("a body under import.meta.main works, with definitions in it that are self-contained", async () => {
    expect(await runScript("main_guard.ts")).toEqual([20, 2, 10, 6, "FunctionNotFoundFault"]);
  });
});

describe("what a worker cannot find", () => {
  async function failure(object: RemoteFunction): Promise<{ name: string; message: string }> {
    return run(object, 1).then(
      () => Promise.reject(new Error("it was found")),
      (error) => error,
    );
  }

  test("a module that stops unexpectedly: a fault after the patience, not silence", async () => {
    const { unseen } = await load("suspended.ts");
    const { name, message } = await failure(unseen);
    expect(name).toBe("FunctionNotFoundFault");
    expect(message).toMatch(/function "unseen".*suspended\.ts stops at its first top-level await/);
  });

  test("a module that fails: a fault with its error", async () => {
    const { doomed } = await load("broken.ts");
    const { name, message } = await failure(doomed);
    expect(name).toBe("FunctionNotFoundFault");
    expect(message).toContain("RangeError: no luck here");
  });

  test("a module that does not define it: a fault saying what was expected", async () => {
    const { scaled } = await load("plain.js");
    const definition: Definition = { ...scaled.definition, site: `${fixture("plain.js")}:1:1`, name: "nothing" };
    const outcome = await outcomeOf({ table: { "": { definition, captures: {} } }, args: [1] });
    expect(outcome).toMatchObject({ error: { name: "FunctionNotFoundFault" } });
    expect((outcome as any).error.message).toContain("plain.js:1:1");
  });
});

describe("in the worker", () => {
  test("traces name the user's function, file and line", async () => {
    const thrower = remote(() => {
      function fail(): never {
        throw new Error("boom");
      }
      return [fail()];
    });
    const outcome = await outcomeOf({ table: tableOf(thrower), args: [] });
    expect((outcome as any).error.stack).toMatch(/fail \(.*worker\.test\.ts#thrower\.[0-9a-f]{8}(, <anonymous>)?:\d+/);
  });

  test("functions that travelled define and use remote functions of their own", async () => {
    const leaf = remote((x: number) => x + 1);
    const outer = remote(async (x: number) => {
      const inner = remote(async (y: number) => (await leaf.remote(y)) * 2);
      const twice = remote(async (y: number) => inner.remote(await inner.remote(y)));
      return twice.remote(x);
    });
    expect((await run(outer, 1)).value).toBe(10);
  });
});
