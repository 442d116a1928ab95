/**
 * Guards the hot path by counts, which are the same on any machine: how many frames and envelopes tasks cost. Raise a
 * bound only with a reason; each frame costs microseconds in the thread that posts it and in the one that takes it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { get, init, remote, shutdown } from "../../mod.ts";
import { decodeBatch } from "../../net/mod.ts";

interface Posts {
  frames: number;
  envelopes: number;
  bytes: number;
}

const posted: Posts = { frames: 0, envelopes: 0, bytes: 0 };
const { postMessage } = MessagePort.prototype;

/** What this thread posts while `work` runs. */
async function postsOf(work: () => Promise<void>): Promise<Posts> {
  Object.assign(posted, { frames: 0, envelopes: 0, bytes: 0 });
  await work();
  return { ...posted };
}

/** Counts the frames that the one worker posts from now on, and tells how many it has posted since the last call. */
const workerPosts = remote((): number => {
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
});

const ok = remote(() => "ok");

async function inOneTurn(count: number): Promise<void> {
  expect(await get(Array.from({ length: count }, () => ok.remote()))).toEqual(Array(count).fill("ok"));
}

async function oneByOne(count: number): Promise<void> {
  for (let i = 0; i < count; i++) expect(await get(ok.remote())).toBe("ok");
}

describe("the hot path", () => {
  beforeAll(async () => {
    MessagePort.prototype.postMessage = function (this: MessagePort, ...args: unknown[]) {
      const [message] = args;
      if (Array.isArray(message) && message[2] instanceof Uint8Array) {
        posted.frames++;
        posted.bytes += message[2].length;
        posted.envelopes += decodeBatch(message[2].slice()).length;
      }
      return Reflect.apply(postMessage, this, args);
    } as typeof postMessage;
    // One worker, so that every task of the test runs in the one that counts.
    await init({ numCpus: 1 });
    await inOneTurn(100);
    await get(workerPosts.remote());
  });
  afterAll(async () => {
    MessagePort.prototype.postMessage = postMessage;
    await shutdown();
  });

  test("a thousand tasks of one turn leave in a handful of frames", async () => {
    await inOneTurn(1000);
    const { frames, envelopes, bytes } = await postsOf(() => inOneTurn(1000));
    // The tasks themselves lie in shared memory; what is posted says where.
    expect(frames).toBeLessThanOrEqual(4);
    expect(envelopes).toBeLessThanOrEqual(4);
    expect(bytes).toBeLessThanOrEqual(200);
  });

  test("their results come back in a handful of frames", async () => {
    await get(workerPosts.remote());
    await inOneTurn(1000);
    // By time and by size; about ten.
    expect(await get(workerPosts.remote())).toBeLessThanOrEqual(40);
  });

  test("a task that is awaited by itself costs one frame there and one back, once its worker is leased", async () => {
    await oneByOne(20);
    await get(workerPosts.remote());
    const { frames, envelopes, bytes } = await postsOf(() => oneByOne(100));
    const back = await get(workerPosts.remote());
    expect(frames).toBeLessThanOrEqual(105);
    expect(envelopes).toBeLessThanOrEqual(105);
    expect(bytes).toBeLessThanOrEqual(3000);
    // One more for the question itself.
    expect(back).toBeLessThanOrEqual(106);
  });
});
