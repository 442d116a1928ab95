import { describe, expect, test } from "bun:test";
import { type Frame, type Link, messagePortLink } from "../../net/mod.ts";

/** The two ends of a link, and what has come to the second. */
function pair(): { near: Link; far: Link; got: (Omit<Frame, "bytes"> & { bytes: number[] })[]; arrived(count: number): Promise<void> } {
  const { port1, port2 } = new MessageChannel();
  const got: (Omit<Frame, "bytes"> & { bytes: number[] })[] = [];
  let look = (): void => {};
  const far = messagePortLink(port2, {
    onFrame: ({ bytes, ...rest }) => {
      got.push({ ...rest, bytes: [...bytes] });
      look();
    },
  });
  const near = messagePortLink(port1, { onFrame: () => {} });
  near.keepAlive(true);
  far.keepAlive(true);
  const arrived = (count: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    look = () => {
      if (got.length >= count) resolve();
    };
    look();
    return promise;
  };
  return { near, far, got, arrived };
}

const ALL_BYTES = Array.from({ length: 256 }, (_, i) => i);

describe("a link over a message port", () => {
  test("brings every frame as it was sent, in order, whatever its size and between whichever places", async () => {
    const { near, far, got, arrived } = pair();
    const sent: (Omit<Frame, "bytes"> & { bytes: number[] })[] = [];
    const contents = [ALL_BYTES, [], [0], [255, 254], [...ALL_BYTES, 1], Array<number>(20_000).fill(200), [128]];
    const routes: [to: number, from: number][] = [
      [2 ** 40, 1],
      [2 ** 40, 1],
      [3, 1],
      [3, 7],
      [3, 7],
    ];
    for (const [to, from] of routes) for (const bytes of contents) sent.push({ to, from, bytes, attachments: [] });
    for (const frame of sent) near.send({ ...frame, bytes: Uint8Array.from(frame.bytes) });
    await arrived(sent.length);
    expect(got).toEqual(sent);
    near.close();
    far.close();
  });

  test("sends small frames as text once the route is known: the engines clone that fastest", async () => {
    const { port1, port2 } = new MessageChannel();
    const link = messagePortLink(port1, { onFrame: () => {} });
    const got: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    port2.onmessage = ({ data }) => void (got.push(data) === 3 && resolve());
    link.keepAlive(true);
    for (const length of [40, 40, 257]) link.send({ to: 1, from: 2, bytes: new Uint8Array(length).fill(200), attachments: [] });
    await promise;
    expect(got).toEqual([[1, 2, new Uint8Array(40).fill(200)], "\u{c8}".repeat(40), [1, 2, new Uint8Array(257).fill(200)]]);
    port2.close();
    link.close();
  });

  test("brings shared memory with its frame, and small frames after it to the same places", async () => {
    const { near, far, got, arrived } = pair();
    const shared = new SharedArrayBuffer(8);
    for (const attachments of [[], [], [shared], []]) near.send({ to: 1, from: 2, bytes: Uint8Array.of(9), attachments });
    near.send({ to: 4, from: 2, bytes: Uint8Array.of(8), attachments: [shared] });
    near.send({ to: 4, from: 2, bytes: Uint8Array.of(7), attachments: [] });
    await arrived(6);
    expect(got.map(({ to, bytes, attachments }) => [to, bytes[0], attachments.length])).toEqual([
      [1, 9, 0],
      [1, 9, 0],
      [1, 9, 1],
      [1, 9, 0],
      [4, 8, 1],
      [4, 7, 0],
    ]);
    Atomics.store(new Int32Array(shared), 0, 5);
    expect(Atomics.load(new Int32Array(got[2]?.attachments[0] as SharedArrayBuffer), 0)).toBe(5);
    near.close();
    far.close();
  });
});
