import { describe, expect, test } from "bun:test";
import {
  checkGetOptions,
  checkInitOptions,
  inheritEnv,
  matchesLabels,
  parseAddress,
  parseSelector,
  parseStorage,
  resolveCancelOptions,
  resolveInitOptions,
  resolveKillOptions,
  resolvePlacementGroup,
  resolveWaitOptions,
} from "../../../runtime/options/mod.ts";

describe("init options", () => {
  test("accept what the API names and take the defaults", () => {
    const options = checkInitOptions({
      token: "t",
      numCpus: 2,
      numGpus: 0,
      resources: { tape: 1 },
      labels: { zone: "a" },
      objectStoreMemory: 1e8,
      spillDirectory: "/tmp/x",
      namespace: "n",
      runtimeEnv: {},
      isolation: "process",
      logToDriver: false,
      ignoreReinitError: true,
      dashboardPort: 0,
      storage: "memory",
    });
    expect(resolveInitOptions(options)).toMatchObject({
      isolation: "process",
      storage: { kind: "memory" },
      address: undefined,
      logToDriver: false,
    });
    expect(resolveInitOptions({})).toMatchObject({
      isolation: "thread",
      logToDriver: true,
      ignoreReinitError: false,
      resources: {},
      labels: {},
    });
  });

  test.each([
    ["auto", { kind: "auto" }],
    ["local", { kind: "local" }],
    ["10.0.0.1:6379", { kind: "url", url: "ws://10.0.0.1:6379" }],
    ["[::1]:80", { kind: "url", url: "ws://[::1]:80" }],
    ["wss://head.example/x", { kind: "url", url: "wss://head.example/x" }],
    ["head", undefined],
    ["head:99999", undefined],
    ["http://head:1", undefined],
    ["", undefined],
    ["ws://", undefined],
    ["ws://user:pw@head:1", undefined],
    ["ws://head:1?token=x", undefined],
    ["a b:1", undefined],
  ])("address %s", (text, parsed) => {
    expect(parseAddress(text)).toEqual(parsed as ReturnType<typeof parseAddress>);
  });

  test.each([
    ["memory", { kind: "memory" }],
    ["sqlite:/a/b.db", { kind: "sqlite", path: "/a/b.db" }],
    ["redis://h:6379/0", { kind: "redis", url: "redis://h:6379/0" }],
    ["sqlite:", undefined],
    ["postgres://h", undefined],
  ])("storage %s", (text, parsed) => {
    expect(parseStorage(text)).toEqual(parsed as ReturnType<typeof parseStorage>);
  });

  test("refuse wrong types, values and names", () => {
    expect(() => checkInitOptions({ numCpus: "4" })).toThrow(TypeError);
    expect(() => checkInitOptions({ address: 6379 })).toThrow(TypeError);
    for (const bad of [
      { address: "nowhere" },
      { storage: "disk" },
      { objectStoreMemory: 0 },
      { dashboardPort: 70_000 },
      { num_cpus: 1 },
      { labels: { "a b": "c" } },
      { isolation: "inline" },
    ]) {
      expect(() => checkInitOptions(bad)).toThrow(RangeError);
    }
    expect(() => checkInitOptions({ num_cpus: 1 })).toThrow(/init\(\): unknown option "num_cpus". Did you mean numCpus\?/);
  });

  test("what belongs to a new node cannot be given with an address", () => {
    expect(() => resolveInitOptions({ address: "auto", numCpus: 2 })).toThrow(/"numCpus" is for a node that is started/);
    resolveInitOptions({ address: "local", numCpus: 2 });
    resolveInitOptions({ address: "auto", namespace: "n", token: "t" });
  });
});

describe("get, wait, cancel, kill", () => {
  test("get takes a timeout and a signal", () => {
    checkGetOptions({ timeoutMs: 0, signal: new AbortController().signal });
    expect(() => checkGetOptions({ timeoutMs: -1 })).toThrow(RangeError);
    expect(() => checkGetOptions({ timeout: 1 })).toThrow(/Did you mean timeoutMs/);
    expect(() => checkGetOptions({ signal: {} })).toThrow(TypeError);
    expect(() => checkGetOptions(5)).toThrow(TypeError);
  });

  test("wait waits for 1 unless told, and for no more than there are", () => {
    expect(resolveWaitOptions(undefined, 3)).toEqual({ numReturns: 1, fetchLocal: true });
    expect(resolveWaitOptions({ numReturns: 3, timeoutMs: 5, fetchLocal: false }, 3)).toMatchObject({
      numReturns: 3,
      fetchLocal: false,
    });
    for (const numReturns of [0, -1, 1.5, 4]) expect(() => resolveWaitOptions({ numReturns }, 3)).toThrow(RangeError);
    expect(() => resolveWaitOptions({ numReturns: "2" }, 3)).toThrow(TypeError);
    expect(resolveWaitOptions({}, 0).numReturns).toBe(1);
  });

  test("cancel and kill have Ray's defaults", () => {
    expect(resolveCancelOptions(undefined)).toEqual({ force: false, recursive: true });
    expect(resolveKillOptions({})).toEqual({ noRestart: true });
    expect(() => resolveCancelOptions({ force: "yes" })).toThrow(TypeError);
  });
});

describe("placement groups", () => {
  test("are plain, packed and not detached unless told", () => {
    expect(
      resolvePlacementGroup([
        { CPU: 1, GPU: 0 },
        { numCpus: 0.5, tape: 2 },
      ]),
    ).toEqual({
      bundles: [{ CPU: 1 }, { CPU: 0.5, tape: 2 }],
      strategy: "PACK",
      name: undefined,
      detached: false,
    });
    expect(resolvePlacementGroup([{ CPU: 1 }], { strategy: "STRICT_SPREAD", name: "g", lifetime: "detached" })).toMatchObject({ detached: true });
  });

  test("refuse what cannot be placed", () => {
    for (const bad of [{}, "CPU", undefined, [1], [{ CPU: "1" }]]) expect(() => resolvePlacementGroup(bad)).toThrow(TypeError);
    for (const bad of [[], [{}], [{ CPU: 0 }], [{ CPU: -1 }], [{ CPU: 1, numCpus: 1 }]]) expect(() => resolvePlacementGroup(bad)).toThrow(RangeError);
    expect(() => resolvePlacementGroup([{ CPU: 1 }], { strategy: "TIGHT" })).toThrow(/"STRICT_PACK"/);
  });
});

describe("labels", () => {
  const node = { zone: "a", arch: "x64" };
  test.each([
    [{ zone: "a" }, true],
    [{ zone: "b" }, false],
    [{ zone: "!b" }, true],
    [{ zone: "in(a, b)" }, true],
    [{ zone: "!in(a,b)" }, false],
    [{ gpu: "!yes" }, true],
    [{ gpu: "yes" }, false],
    [{ zone: "a", arch: "!x64" }, false],
    [{}, true],
    [{ toString: "!x" }, true],
  ])("%j", (selector, matches) => {
    expect(matchesLabels(parseSelector(selector as Record<string, string>), node)).toBe(matches);
  });
});

describe("runtimeEnv", () => {
  test("a child's fields replace its parent's, and envVars merge", () => {
    const parent = { workingDir: "/a", envVars: { A: "1", B: "2" } };
    expect(inheritEnv(parent, { envVars: { B: "3" } })).toEqual({ workingDir: "/a", envVars: { A: "1", B: "3" } });
    expect(inheritEnv(parent, undefined)).toBe(parent);
    expect(inheritEnv(undefined, parent)).toBe(parent);
  });
});
