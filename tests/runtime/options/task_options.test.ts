import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  checkTaskCallOptions,
  checkTaskOptions,
  isRetryable,
  mergeOptions,
  resolveTaskOptions,
  type TaskOptions,
} from "../../../runtime/options/mod.ts";

const call = { generator: false };

function problem(options: unknown): Error {
  try {
    checkTaskOptions(options);
  } catch (error) {
    return error as Error;
  }
  throw new Error(`accepted ${JSON.stringify(options)}`);
}

class AppError extends Error {}
class ThrottledError extends AppError {}

describe("checkTaskOptions", () => {
  test("accepts every option of the API", () => {
    const options: Required<TaskOptions> = {
      numCpus: 0.5,
      numGpus: 2,
      resources: { tape: 0.25 },
      memory: 1e9,
      numReturns: "streaming",
      maxRetries: -1,
      retryExceptions: [AppError, "TimeoutError"],
      maxCalls: 10,
      schedulingStrategy: { nodeId: "n1", soft: true },
      labelSelector: { zone: "in(a,b)", arch: "!arm", "mobula.io/kind": "!in(x,y)" },
      fallbackStrategy: [{ labelSelector: { zone: "c" } }],
      runtimeEnv: { envVars: { A: "1" }, workingDir: "." },
      name: "load",
      captures: { a: 1, $b: () => 2 },
      isolation: "process",
      timeoutMs: 10,
      generatorBackpressure: -1,
    };
    expect(checkTaskOptions(options)).toBe(options);
    for (const numReturns of [0, 1, 7]) checkTaskOptions({ numReturns });
    for (const retryExceptions of [true, false, [], [Error, DOMException]]) checkTaskOptions({ retryExceptions });
    for (const schedulingStrategy of ["DEFAULT", "SPREAD", { placementGroup: { id: "p", bundleSpecs: [{ CPU: 1 }] }, bundleIndex: 0 }]) {
      checkTaskOptions({ schedulingStrategy });
    }
    checkTaskOptions(undefined);
    checkTaskOptions({ numCpus: undefined });
  });

  test.each([
    [{ numCpus: "1" }, "numCpus"],
    [{ numCpus: null }, "numCpus"],
    [{ numGpus: true }, "numGpus"],
    [{ resources: [1] }, "resources"],
    [{ resources: { tape: "1" } }, "resources.tape"],
    [{ resources: new Map() }, "resources"],
    [{ memory: "1GB" }, "memory"],
    [{ numReturns: {} }, "numReturns"],
    [{ maxRetries: "3" }, "maxRetries"],
    [{ retryExceptions: "TypeError" }, "retryExceptions"],
    [{ retryExceptions: [1] }, "retryExceptions[0]"],
    [{ name: 1 }, "name"],
    [{ captures: 5 }, "captures"],
    [{ isolation: 1 }, "isolation"],
    [{ timeoutMs: "5" }, "timeoutMs"],
    [{ schedulingStrategy: 1 }, "schedulingStrategy"],
    [{ schedulingStrategy: { nodeId: 5 } }, "schedulingStrategy.nodeId"],
    [{ schedulingStrategy: { placementGroup: "pg" } }, "schedulingStrategy.placementGroup"],
    [{ labelSelector: { zone: 1 } }, "labelSelector.zone"],
    [{ fallbackStrategy: {} }, "fallbackStrategy"],
    [{ runtimeEnv: { envVars: { A: 1 } } }, "runtimeEnv.envVars.A"],
    [{ runtimeEnv: "prod" }, "runtimeEnv"],
    [{ fallbackStrategy: [{ labelSelector: { a: 1 } }] }, "fallbackStrategy[0].labelSelector.a"],
  ])("%j is a TypeError about %s", (options, path) => {
    const error = problem(options);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(`"${path}"`);
  });

  test.each([
    [{ numCpus: -1 }, "numCpus"],
    [{ numCpus: NaN }, "numCpus"],
    [{ numCpus: Infinity }, "numCpus"],
    [{ numCpus: 0.00001 }, "numCpus"],
    [{ numGpus: 1.5 }, "numGpus"],
    [{ resources: { CPU: 1 } }, "resources"],
    [{ resources: { GPU: 1 } }, "resources"],
    [{ resources: { memory: 1 } }, "resources"],
    [{ resources: { tape: -1 } }, "resources.tape"],
    [{ memory: 1.5 }, "memory"],
    [{ numReturns: -1 }, "numReturns"],
    [{ numReturns: 1.5 }, "numReturns"],
    [{ numReturns: "dynamic" }, "numReturns"],
    [{ maxRetries: -2 }, "maxRetries"],
    [{ maxRetries: 0.5 }, "maxRetries"],
    [{ maxCalls: -1 }, "maxCalls"],
    [{ retryExceptions: [class extends Error {}] }, "retryExceptions[0]"],
    [{ retryExceptions: [Date] }, "retryExceptions[0]"],
    [{ retryExceptions: [""] }, "retryExceptions[0]"],
    [{ name: "" }, "name"],
    [{ captures: { "a-b": 1 } }, "captures"],
    [{ isolation: "shared" }, "isolation"],
    [{ timeoutMs: 0 }, "timeoutMs"],
    [{ timeoutMs: -5 }, "timeoutMs"],
    [{ timeoutMs: Infinity }, "timeoutMs"],
    [{ generatorBackpressure: 0 }, "generatorBackpressure"],
    [{ generatorBackpressure: -2 }, "generatorBackpressure"],
    [{ schedulingStrategy: "PACK" }, "schedulingStrategy"],
    [{ schedulingStrategy: { nodeId: "" } }, "schedulingStrategy.nodeId"],
    [{ schedulingStrategy: { placementGroup: { id: "p", bundleSpecs: [{}] }, bundleIndex: 1 } }, "schedulingStrategy"],
    [{ labelSelector: { zone: "in(a" } }, "labelSelector.zone"],
    [{ labelSelector: { zone: "a b" } }, "labelSelector.zone"],
  ])("%j is a RangeError about %s", (options, path) => {
    const error = problem(options);
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toContain(`"${path}"`);
  });

  test("says what is allowed and what was given", () => {
    expect(problem({ isolation: "container" }).message).toBe(
      'remote(): option "isolation" must be one of "thread", "process", "inline", not "container".',
    );
    expect(problem({ resources: { CPU: 1 } }).message).toContain('"CPU" is stated with the option numCpus');
  });

  test("answers an unknown option with the nearest one and with all of them", () => {
    for (const [typed, meant] of [
      ["num_cpus", "numCpus"],
      ["numCpu", "numCpus"],
      ["maxretries", "maxRetries"],
      ["timeout", "timeoutMs"],
    ]) {
      const error = problem({ [typed as string]: 1 });
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain(`unknown option "${typed}". Did you mean ${meant}?`);
      expect(error.message).toContain("schedulingStrategy");
    }
    expect(problem({ runtimeEnv: { env_vars: {} } }).message).toContain('"env_vars". Did you mean envVars?');
    expect(problem({ schedulingStrategy: { nodeID: "n" } }).message).toContain("nodeId");
    expect(problem({ quux: 1 }).message).not.toContain("Did you mean");
    expect(problem({ maxRestarts: 1 }).message).toContain("tasks have maxRetries");
    expect(problem(JSON.parse('{"__proto__":1}'))).toBeInstanceOf(RangeError);
  });

  test("takes only a plain object", () => {
    for (const bad of [null, 1, "x", [], () => 1, new Date()]) expect(problem(bad)).toBeInstanceOf(TypeError);
  });

  test("never fails with anything but TypeError or RangeError", () => {
    const keys = fc.constantFrom(
      "numCpus",
      "resources",
      "schedulingStrategy",
      "labelSelector",
      "retryExceptions",
      "runtimeEnv",
      "captures",
      "name",
      "x",
    );
    fc.assert(
      fc.property(fc.dictionary(keys, fc.anything()), (options) => {
        try {
          checkTaskOptions(options);
        } catch (error) {
          expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("checkTaskCallOptions", () => {
  test("refuses what belongs to the function", () => {
    expect(() => checkTaskCallOptions({ maxCalls: 1 })).toThrow(/options\(\): option "maxCalls" is not allowed here.*remote\(\)/);
    expect(() => checkTaskCallOptions({ captures: {} })).toThrow(RangeError);
    expect(() => checkTaskCallOptions({ quux: 1 })).not.toThrow(/maxCalls/);
    checkTaskCallOptions({ numCpus: 2, name: "again" });
  });
});

describe("resolveTaskOptions", () => {
  test("puts Ray's defaults in place", () => {
    expect(resolveTaskOptions({}, call)).toMatchObject({
      resources: { CPU: 1 },
      numReturns: 1,
      maxRetries: 3,
      retryExceptions: false,
      maxCalls: 0,
      generatorBackpressure: -1,
    });
  });

  test("gathers resources without zeros and rounded to 0.0001", () => {
    const resources = (options: TaskOptions): object => resolveTaskOptions(options, call).resources;
    expect(resources({ numCpus: 0 })).toEqual({});
    expect(resources({ numCpus: 1 / 3 })).toEqual({ CPU: 0.3333 });
    expect(resources({ numGpus: 1, memory: 5, resources: { tape: 2, none: 0 } })).toEqual({
      CPU: 1,
      GPU: 1,
      memory: 5,
      tape: 2,
    });
    expect(resolveTaskOptions({ numGpus: 1 }, call).maxCalls).toBe(1);
    expect(resolveTaskOptions({ numGpus: 1, maxCalls: 0 }, call).maxCalls).toBe(0);
  });

  test("streams generators, and nothing else", () => {
    expect(resolveTaskOptions({}, { generator: true }).numReturns).toBe("streaming");
    expect(resolveTaskOptions({ numReturns: 2 }, { generator: true }).numReturns).toBe(2);
    expect(() => resolveTaskOptions({ numReturns: "streaming" }, call)).toThrow(RangeError);
  });

  test("gives data that can travel", () => {
    const resolved = resolveTaskOptions(
      {
        retryExceptions: [AppError, "X"],
        captures: { f: () => 1 },
        schedulingStrategy: { placementGroup: { id: "p1", ready: () => 1 } as { id: string } },
      },
      call,
    );
    expect(structuredClone(resolved)).toEqual(resolved);
    expect(resolved.retryExceptions).toEqual(["AppError", "X"]);
    expect(resolved.schedulingStrategy).toEqual({ placementGroupId: "p1", bundleIndex: -1, captureChildTasks: false });
  });

  test("takes options() over the definition, and undefined for not given", () => {
    const merged = mergeOptions<TaskOptions>({ numCpus: 2, name: "a" }, { numCpus: undefined, name: "b" });
    expect(merged).toEqual({ numCpus: 2, name: "b" });
  });
});

describe("isRetryable", () => {
  test("matches a listed class and its subclasses, by name", () => {
    expect(isRetryable(new ThrottledError(), ["AppError"])).toBe(true);
    expect(isRetryable(new AppError(), ["ThrottledError"])).toBe(false);
    expect(isRetryable(new ThrottledError(), ["Error"])).toBe(true);
    expect(isRetryable(Object.assign(new Error(), { name: "TimeoutError" }), ["TimeoutError"])).toBe(true);
    expect(isRetryable("thrown text", ["Error"])).toBe(false);
    expect(isRetryable("thrown text", true)).toBe(true);
    expect(isRetryable(new Error(), false)).toBe(false);
    expect(isRetryable(Object.create(null), ["Error"])).toBe(false);
  });
});
