import { describe, expect, test } from "bun:test";
import {
  checkActorCallOptions,
  checkActorOptions,
  checkMethodOptions,
  resolveActorOptions,
  resolveMethodOptions,
} from "../../../runtime/options/mod.ts";

describe("actor options", () => {
  test("have Ray's defaults: 1 CPU to be placed, none while running", () => {
    expect(resolveActorOptions({})).toMatchObject({
      resources: {},
      placementResources: { CPU: 1 },
      maxRestarts: 0,
      maxTaskRetries: 0,
      maxConcurrency: 1,
      maxPendingCalls: -1,
      detached: false,
      getIfExists: false,
      concurrencyGroups: {},
      methods: {},
    });
  });

  test("hold what is stated, once any resource is", () => {
    for (const [options, held] of [
      [{ numCpus: 2 }, { CPU: 2 }],
      [{ numCpus: 0 }, {}],
      [{ numGpus: 1 }, { CPU: 1, GPU: 1 }],
      [{ resources: { tape: 1 }, numCpus: 0 }, { tape: 1 }],
      [{ memory: 9 }, { CPU: 1, memory: 9 }],
    ] as const) {
      expect(resolveActorOptions(options)).toMatchObject({ resources: held, placementResources: held });
      expect(resolveActorOptions(options).placementResources).toEqual(held);
    }
    expect(resolveActorOptions({ resources: {} }).placementResources).toEqual({ CPU: 1 });
  });

  test("accept what the API names", () => {
    checkActorOptions({
      maxRestarts: -1,
      maxTaskRetries: 3,
      maxConcurrency: 1000,
      concurrencyGroups: { io: 2 },
      maxPendingCalls: 5,
      name: "a",
      namespace: "n",
      lifetime: "detached",
      getIfExists: true,
      isolation: "shared",
      numCpus: 0.1,
      timeoutMs: 5,
      retryExceptions: true,
    });
  });

  test.each([
    [{ maxRestarts: -2 }],
    [{ maxConcurrency: 0 }],
    [{ maxConcurrency: 1.5 }],
    [{ concurrencyGroups: { io: 0 } }],
    [{ lifetime: "forever" }],
    [{ isolation: "remote" }],
    [{ name: "" }],
    [{ namespace: "" }],
    [{ maxRetries: 3 }],
    [{ numReturns: 2 }],
    [{ maxCalls: 1 }],
    [{ max_restarts: 1 }],
  ])("%j is a RangeError", (options) => {
    expect(() => checkActorOptions(options)).toThrow(RangeError);
  });

  test.each([
    [{ maxRestarts: "1" }],
    [{ getIfExists: 1 }],
    [{ lifetime: true }],
    [{ concurrencyGroups: ["io"] }],
    [{ concurrencyGroups: { io: "2" } }],
  ])("%j is a TypeError", (options) => expect(() => checkActorOptions(options)).toThrow(TypeError));

  test.each([
    [{ name: "x".repeat(1_025) }],
    [{ name: "a\u0000b" }],
    [{ name: "\ud800" }],
    [{ namespace: "x".repeat(1_025) }],
    [{ namespace: "a\u0000b" }],
  ])("a name that the control store cannot keep is refused, and the error says which: %#", (options) => {
    expect(() => checkActorCallOptions(options)).toThrow(/"name(space)?" must be a name(space)? of at most 1024 characters/);
  });

  test("getIfExists needs a name, from either bag", () => {
    expect(() => resolveActorOptions({ getIfExists: true })).toThrow(/"getIfExists" needs the option "name"/);
    expect(resolveActorOptions({ getIfExists: true, name: "a" }).getIfExists).toBe(true);
  });

  test("options() refuses concurrencyGroups", () => {
    expect(() => checkActorCallOptions({ concurrencyGroups: { io: 1 } })).toThrow(/"concurrencyGroups" is not allowed here/);
    checkActorCallOptions({ maxRestarts: 1, name: "x" });
  });
});

describe("method options", () => {
  const actor = resolveActorOptions(
    { concurrencyGroups: { io: 2, compute: 4 }, maxTaskRetries: 7, timeoutMs: 100 },
    { slow: { concurrencyGroup: "io", numReturns: 2, retryExceptions: [TypeError] }, twice: { maxTaskRetries: 1 } },
  );
  const plain = { generator: false };

  test("are looked up at the call, then in static methods, then at the actor", () => {
    expect(resolveMethodOptions(actor, "slow", plain)).toMatchObject({
      numReturns: 2,
      concurrencyGroup: "io",
      retryExceptions: ["TypeError"],
      maxTaskRetries: 7,
      timeoutMs: 100,
    });
    expect(
      resolveMethodOptions(actor, "slow", {
        call: { numReturns: 1, concurrencyGroup: "compute", timeoutMs: 5 },
        generator: false,
      }),
    ).toMatchObject({ numReturns: 1, concurrencyGroup: "compute", timeoutMs: 5 });
    expect(resolveMethodOptions(actor, "twice", plain).maxTaskRetries).toBe(1);
    expect(resolveMethodOptions(actor, "twice", { call: { maxTaskRetries: -1 }, generator: false }).maxTaskRetries).toBe(-1);
    expect(resolveMethodOptions(actor, "constructor", plain)).toMatchObject({
      numReturns: 1,
      concurrencyGroup: undefined,
    });
    expect(resolveMethodOptions(actor, "stream", { generator: true }).numReturns).toBe("streaming");
  });

  test("name a group the actor has", () => {
    expect(() => resolveActorOptions({}, { slow: { concurrencyGroup: "io" } })).toThrow(/static methods.slow.*concurrencyGroup/);
    expect(() => resolveMethodOptions(actor, "slow", { call: { concurrencyGroup: "oi" }, generator: false })).toThrow(/io, compute/);
  });

  test("are checked like the rest", () => {
    expect(() => resolveActorOptions({}, { slow: { numreturns: 2 } })).toThrow(
      /static methods.slow: unknown option "numreturns". Did you mean numReturns/,
    );
    expect(() => resolveActorOptions({}, [])).toThrow(TypeError);
    expect(() => checkMethodOptions({ maxRetries: 1 })).toThrow(/maxTaskRetries/);
    expect(() => checkMethodOptions({ numCpus: 1 })).toThrow(RangeError);
  });

  test("travel with the actor as plain data", () => {
    expect(structuredClone(actor)).toEqual(actor);
  });
});
