/** What the runtime allows between two threads, with nothing of Mobula but the bytes of its frames. */
import { decodeBatch, encodeBatch } from "../../../net/mod.ts";
import type { Loop } from "../measure.ts";
import { type Family, rateRow, sampleRow } from "../row.ts";
import { openEcho } from "./echo.ts";
import { callEnvelope, type Message, type replyEnvelope, request } from "./message.ts";

/** Posts `count` messages in one turn, waits for as many answers, and again. */
export async function rounds(count: number): Promise<Loop> {
  const { port, close } = await openEcho("reply");
  const message = request();
  let answers = 0;
  let settle = (): void => {};
  port.onmessage = () => {
    answers++;
    if (answers % count === 0) settle();
  };
  return {
    async run(times) {
      const before = answers;
      for (let i = 0; i < times; i++) {
        const done = new Promise<void>((resolve) => void (settle = resolve));
        for (let k = 0; k < count; k++) port.postMessage(message);
        await done;
      }
      return answers - before;
    },
    close,
  };
}

/** Calls encoded, posted, decoded, answered, encoded, posted and decoded, `count` in a frame. */
async function frames(count: number): Promise<Loop> {
  const { port, close } = await openEcho("frames");
  let completed = 0;
  let settle = (): void => {};
  port.onmessage = ({ data }: MessageEvent<Message>) => {
    for (const [, , call, , value] of decodeBatch(data[2]) as ReturnType<typeof replyEnvelope>[]) {
      if (value === "ok" && typeof call === "number") completed++;
    }
    settle();
  };
  return {
    async run(times) {
      const before = completed;
      for (let i = 0; i < times; i++) {
        const done = new Promise<void>((resolve) => void (settle = resolve));
        const calls = Array.from({ length: count }, (_, call) => callEnvelope(1000 + call));
        port.postMessage([3, 1, encodeBatch(calls)] satisfies Message);
        await done;
      }
      return completed - before;
    },
    close,
  };
}

export const ports: Family = {
  name: "control: between threads",
  brief: true,
  rows: [
    rateRow("raw round trip", { calls: 1 }, () => rounds(1)),
    rateRow("raw stream", { calls: 1000 }, () => rounds(1000)),
    rateRow("frames of 1,000 calls", { calls: 1000 }, () => frames(1000)),
    rateRow("frames of 100 calls", { calls: 100 }, () => frames(100)),
    rateRow("frames of 10 calls", { calls: 10 }, () => frames(10)),
    sampleRow("raw thread start", { unit: "ms", samples: ({ quick }) => (quick ? 3 : 10) }, async () => {
      const start = performance.now();
      const echo = await openEcho("reply");
      const value = performance.now() - start;
      await echo.close();
      return { value };
    }),
  ],
};
