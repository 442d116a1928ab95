/**
 * Stands in for "bun:test" under `deno test`, by an entry in deno.json's import map, so that one set of test files
 * runs in both runtimes.
 *
 * Promises: describe nesting, hooks (outer before inner, each `beforeAll` once and before the first case that needs
 * it, `afterAll` after the last), `each skip todo only if skipIf failing`, a per-case timeout (a number or
 * `{ timeout }`), mocks and Jest's matchers. Every case is a `Deno.test` of its own named "outer > inner > case", so
 * reports count cases as Bun's do. Not covered: `mock.module`, snapshots, `setSystemTime`, `done` callbacks, and the
 * matchers that Bun has and Jest has not.
 */
import type * as bun from "bun:test";
import { expect as jestExpect } from "expect";
import { ModuleMocker } from "jest-mock";
import { formatTitle } from "./title.ts";

/** The time that one case or hook may take unless it says otherwise; tests/shim/preload.ts gives Bun the same. */
const defaultTimeoutMs = 30_000;

type Body = () => unknown;
type Hook = "beforeAll" | "afterAll" | "beforeEach" | "afterEach";
type Limit = number | { timeout?: number } | undefined;
type Mode = "run" | "only" | "skip" | "failing";

interface Suite {
  readonly name: string;
  readonly parent: Suite | undefined;
  readonly mode: Mode;
  readonly hooks: Record<Hook, Body[]>;
  /** Cases registered in this suite and below that have not ended. */
  pending: number;
  started?: Promise<void>;
}

declare const Deno: {
  test: { (definition: object): void; afterAll(fn: Body): void };
};

const root = newSuite("", undefined, "run");
const started: Suite[] = [];
let current = root;

function newSuite(name: string, parent: Suite | undefined, mode: Mode): Suite {
  return { name, parent, mode, hooks: { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] }, pending: 0 };
}

/** The suite and those around it, innermost first. */
function lineage(suite: Suite): Suite[] {
  return suite.parent === undefined ? [suite] : [suite, ...lineage(suite.parent)];
}

async function within(what: string, body: Body, limit: Limit): Promise<void> {
  const ms = (typeof limit === "number" ? limit : limit?.timeout) ?? defaultTimeoutMs;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} timed out after ${ms} ms`)), ms);
  try {
    await Promise.race([body(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function runHooks(suite: Suite, hook: Hook): Promise<void> {
  for (const limited of suite.hooks[hook]) await limited();
}

/** Runs a suite's `beforeAll` hooks once; a failure there fails every case of the suite. */
async function start(suite: Suite): Promise<void> {
  if (suite.parent !== undefined) await start(suite.parent);
  if (suite.started === undefined) {
    started.push(suite);
    suite.started = runHooks(suite, "beforeAll");
  }
  await suite.started;
}

async function finish(suite: Suite): Promise<void> {
  const at = started.indexOf(suite);
  if (at < 0) return;
  started.splice(at, 1);
  await runHooks(suite, "afterAll");
}

async function runCase(suite: Suite, body: Body, limit: Limit): Promise<void> {
  const inwards = lineage(suite).reverse();
  const failures: unknown[] = [];
  const attempt = (work: () => Promise<void>) => work().catch((error: unknown) => void failures.push(error));
  await attempt(async () => {
    await start(suite);
    for (const each of inwards) await runHooks(each, "beforeEach");
    await within("test", body, limit);
  });
  for (const each of lineage(suite)) await attempt(() => runHooks(each, "afterEach"));
  for (const each of lineage(suite)) {
    each.pending--;
    if (each.pending === 0) await attempt(() => finish(each));
  }
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join("; "));
  if (failures.length === 1) throw failures[0];
}

/** The runner may filter cases out, and then a suite's count never reaches zero: close here what is still open. */
Deno.test.afterAll(async () => {
  for (const suite of started.toReversed()) await finish(suite);
});

function register(name: string, mode: Mode, body: Body | undefined, limit: Limit): void {
  const suite = current;
  const path = lineage(suite);
  const ignore = body === undefined || mode === "skip" || path.some((each) => each.mode === "skip");
  if (!ignore) for (const each of path) each.pending++;
  Deno.test({
    name: [...path.map((each) => each.name).reverse(), name].filter((part) => part !== "").join(" > "),
    ignore,
    only: mode === "only" || path.some((each) => each.mode === "only"),
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const run = runCase(suite, body ?? (() => {}), limit);
      if (mode !== "failing") return await run;
      const failed = await run.then(
        () => false,
        () => true,
      );
      if (!failed) throw new Error("this test is marked as failing, and it passed");
    },
  });
}

function open(name: string, mode: Mode, body: Body | undefined): void {
  const outer = current;
  current = newSuite(name, outer, mode);
  try {
    body?.();
  } finally {
    current = outer;
  }
}

type Define = (name: string, mode: Mode, body: Body | undefined, limit: Limit) => void;

/** `test` and `describe` share their modifiers. */
function withModifiers(define: Define) {
  const inMode = (mode: Mode) => {
    const call = (name: unknown, body?: Body, limit?: Limit): void => define(String(name), mode, body, limit);
    const each = (rows: readonly unknown[]) => (name: string, body: (...args: unknown[]) => unknown, limit?: Limit) => {
      for (const [index, row] of rows.entries()) {
        const args = Array.isArray(row) ? row : [row];
        define(formatTitle(name, args, index), mode, () => body(...args), limit);
      }
    };
    return Object.assign(call, { each });
  };
  const [run, skip, only, failing] = [inMode("run"), inMode("skip"), inMode("only"), inMode("failing")];
  return Object.assign(run, {
    skip,
    only,
    failing,
    todo: skip,
    concurrent: run,
    serial: run,
    if: (condition: unknown) => (condition ? run : skip),
    skipIf: (condition: unknown) => (condition ? skip : run),
    todoIf: (condition: unknown) => (condition ? skip : run),
  });
}

const addHook = (hook: Hook) => (body: Body, limit?: Limit) => void current.hooks[hook].push(() => within(hook, body, limit));

const mocker = new ModuleMocker(globalThis as never);

export const test = withModifiers(register) as unknown as typeof bun.test;
export const it = test as typeof bun.it;
export const describe = withModifiers(open) as unknown as typeof bun.describe;
export const beforeAll = addHook("beforeAll") as typeof bun.beforeAll;
export const afterAll = addHook("afterAll") as typeof bun.afterAll;
export const beforeEach = addHook("beforeEach") as typeof bun.beforeEach;
export const afterEach = addHook("afterEach") as typeof bun.afterEach;
export const expect = jestExpect as unknown as typeof bun.expect;
export const spyOn = mocker.spyOn.bind(mocker) as unknown as typeof bun.spyOn;
export const mock = Object.assign((body?: (...args: never[]) => unknown) => mocker.fn(body as never), {
  restore: () => mocker.restoreAllMocks(),
  clearAllMocks: () => mocker.clearAllMocks(),
}) as unknown as typeof bun.mock;

/** Types are checked by tsc: at run time every member is a call that does nothing. */
export const expectTypeOf = new Proxy(() => {}, {
  get: () => expectTypeOf,
  apply: () => expectTypeOf,
}) as unknown as typeof bun.expectTypeOf;
