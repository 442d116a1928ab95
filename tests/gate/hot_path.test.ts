/**
 * Guards the hot path by counts, which are the same on any machine: how many messages, timers and bytes calls cost. Raise
 * a bound only with a reason; docs/performance.md says what each costs. Lower bounds keep the counting itself honest.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { get, init, kill, put, remote, shutdown } from "../../mod.ts";
import { decodeBatch } from "../../net/mod.ts";

/** What the driver's thread does while calls run. */
interface Work {
  /** Messages posted: each wakes the thread that it is for. */
  posts: number;
  /** Those of them that crossed as text, which is the cheap way. */
  texts: number;
  /** What the messages hold. */
  envelopes: number;
  bytes: number;
  /** How many ports they went to: each is another thread that wakes. */
  ports: Set<MessagePort>;
  timers: number;
  /** How long it took. */
  ms: number;
}

const nothing = (): Work => ({ posts: 0, texts: 0, envelopes: 0, bytes: 0, ports: new Set(), timers: 0, ms: 0 });
let done = nothing();

const { postMessage } = MessagePort.prototype;
const { setTimeout, setInterval } = globalThis;

function count(port: MessagePort, message: unknown): void {
  done.posts++;
  done.ports.add(port);
  const text = typeof message === "string";
  if (text) done.texts++;
  const bytes = text ? Uint8Array.from(message, (letter) => letter.charCodeAt(0)) : Array.isArray(message) ? message[2] : undefined;
  // Not a frame: a link that ends, or words between the main thread and the system worker.
  if (!(bytes instanceof Uint8Array)) return;
  done.bytes += bytes.length;
  done.envelopes += decodeBatch(bytes.slice()).length;
}

function timed<F extends (...args: never[]) => unknown>(start: F): F {
  return ((...args: never[]) => {
    done.timers++;
    return start(...args);
  }) as F;
}

async function workOf(run: () => Promise<void>): Promise<Work> {
  done = nothing();
  const began = performance.now();
  await run();
  return { ...done, ms: performance.now() - began };
}

/** Counts what a worker's thread posts from its first call on, and tells how much that is since the last. */
function postsHere(): number {
  const counting = globalThis as unknown as { posts?: number };
  if (counting.posts === undefined) {
    const { postMessage } = MessagePort.prototype;
    MessagePort.prototype.postMessage = function (this: MessagePort, ...args: unknown[]) {
      counting.posts = (counting.posts ?? 0) + 1;
      return Reflect.apply(postMessage, this, args);
    } as typeof postMessage;
  }
  const posts = counting.posts ?? 0;
  counting.posts = 0;
  return posts;
}

const workerPosts = remote(postsHere);
const ok = remote(() => "ok");
const Server = remote(
  class Server {
    ok(): string {
      return "ok";
    }

    posts(): number {
      return postsHere();
    }
  },
  { numCpus: 0 },
);

type Ok = () => ReturnType<typeof ok.remote>;

async function inOneTurn(call: Ok, calls: number): Promise<void> {
  expect(await get(Array.from({ length: calls }, call))).toEqual(Array(calls).fill("ok"));
}

async function oneByOne(call: Ok, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) expect(await get(call())).toBe("ok");
}

/** A hundred calls, each awaited by itself. A few messages and timers more may be about other things. */
function expectOneMessageEach({ posts, texts, envelopes, bytes, ports, timers, ms }: Work): void {
  expect(posts).toBeGreaterThanOrEqual(100);
  expect(posts).toBeLessThanOrEqual(105);
  expect(texts).toBeGreaterThanOrEqual(99);
  expect(envelopes).toBeLessThanOrEqual(105);
  expect(bytes).toBeLessThanOrEqual(6_000);
  // The system worker may hear of something, but not of each call.
  expect(ports.size).toBeLessThanOrEqual(2);
  // What lingers after a wait is armed once in many calls, or anew after some milliseconds where each call takes that long.
  expect(timers).toBeLessThanOrEqual(Math.max(50, ms / 4));
}

describe("the hot path", () => {
  const taskCall: Ok = () => ok.remote();

  beforeAll(async () => {
    MessagePort.prototype.postMessage = function (this: MessagePort, ...args: unknown[]) {
      count(this, args[0]);
      return Reflect.apply(postMessage, this, args);
    } as typeof postMessage;
    globalThis.setTimeout = timed(setTimeout as never) as never;
    globalThis.setInterval = timed(setInterval as never) as never;
    // One worker, so that every task of the test runs in the one that counts.
    await init({ numCpus: 1 });
    await inOneTurn(taskCall, 100);
    await get(workerPosts.remote());
  });
  afterEach(() => get(workerPosts.remote()));
  afterAll(async () => {
    MessagePort.prototype.postMessage = postMessage;
    Object.assign(globalThis, { setTimeout, setInterval });
    await shutdown();
  });

  test("a thousand tasks of one turn leave in a handful of messages", async () => {
    await inOneTurn(taskCall, 1000);
    const { posts, envelopes, bytes } = await workOf(() => inOneTurn(taskCall, 1000));
    expect(posts).toBeGreaterThanOrEqual(1);
    expect(posts).toBeLessThanOrEqual(4);
    // The tasks themselves lie in shared memory; what is posted says where.
    expect(envelopes).toBeLessThanOrEqual(4);
    expect(bytes).toBeLessThanOrEqual(200);
  });

  test("their results come back in a handful of messages", async () => {
    await inOneTurn(taskCall, 1000);
    const back = await get(workerPosts.remote());
    expect(back).toBeGreaterThanOrEqual(1);
    // By time and by size; about ten.
    expect(back).toBeLessThanOrEqual(40);
  });

  test("a task that is awaited by itself costs one message there and one back, once its worker is leased", async () => {
    await oneByOne(taskCall, 20);
    await get(workerPosts.remote());
    expectOneMessageEach(await workOf(() => oneByOne(taskCall, 100)));
    const back = await get(workerPosts.remote());
    expect(back).toBeGreaterThanOrEqual(100);
    // One more for the question itself.
    expect(back).toBeLessThanOrEqual(106);
  });

  test("so does an actor call", async () => {
    const server = Server.remote();
    const call: Ok = () => server.ok.remote();
    await oneByOne(call, 20);
    await get(server.posts.remote());
    expectOneMessageEach(await workOf(() => oneByOne(call, 100)));
    const back = await get(server.posts.remote());
    expect(back).toBeGreaterThanOrEqual(100);
    expect(back).toBeLessThanOrEqual(106);
    await kill(server);
  });

  test("a thousand actor calls of one turn leave in a handful of messages, and so do their results", async () => {
    const server = Server.remote();
    const call: Ok = () => server.ok.remote();
    await inOneTurn(call, 1000);
    await get(server.posts.remote());
    const { posts, bytes } = await workOf(() => inOneTurn(call, 1000));
    expect(posts).toBeGreaterThanOrEqual(1);
    expect(posts).toBeLessThanOrEqual(4);
    expect(bytes / 1000).toBeLessThanOrEqual(60);
    expect(await get(server.posts.remote())).toBeLessThanOrEqual(40);
    await kill(server);
  });

  test("a large array is copied once, when it is put, and never into a message", async () => {
    const array = new Float64Array(2 ** 20).fill(1);
    const { posts, bytes } = await workOf(async () => {
      const ref = put(array);
      const [first, second] = [await get(ref), await get(ref)];
      expect(first.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(second.buffer).toBe(first.buffer);
      expect(first.at(-1)).toBe(1);
    });
    expect(posts).toBeGreaterThanOrEqual(1);
    expect(posts).toBeLessThanOrEqual(6);
    expect(bytes).toBeLessThanOrEqual(500);
  });

  test("getting a value that is here, and putting a small one, posts nothing", async () => {
    const ref = put(1);
    const { posts, timers } = await workOf(async () => {
      for (let i = 0; i < 100; i++) expect(await get(put((await get(ref)) + i))).toBe(1 + i);
    });
    expect(posts).toBe(0);
    expect(timers).toBe(0);
  });
});
