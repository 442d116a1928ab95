/** What the runtime allows between processes of one machine: a WebSocket over loopback, to a server in its own thread. */
import { Worker } from "node:worker_threads";
import { type Family, type Loop, rateRow } from "../../cli/microbenchmark/mod.ts";
import { reply, request } from "./bytes.ts";

/** Sends `count` messages in one turn, waits for as many answers, and again. */
async function open(count: number): Promise<Loop> {
  const worker = new Worker(new URL("./web_socket_server.ts", import.meta.url));
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  socket.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let answers = 0;
  let settle = (): void => {};
  let fail = (_: Error): void => {};
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    if (data.byteLength === reply.length) answers++;
    if (answers % count === 0) settle();
  };
  socket.onclose = () => fail(new Error("the server closed the connection"));
  return {
    async run(times) {
      const before = answers;
      for (let i = 0; i < times; i++) {
        const done = new Promise<void>((resolve, reject) => {
          settle = resolve;
          fail = reject;
        });
        for (let k = 0; k < count; k++) socket.send(request);
        await done;
      }
      return answers - before;
    },
    async close() {
      socket.onclose = null;
      socket.close();
      await worker.terminate();
    },
  };
}

export const webSocket: Family = {
  name: "control: WebSocket",
  brief: true,
  rows: [rateRow("raw WebSocket round trip", { calls: 1 }, () => open(1)), rateRow("raw WebSocket stream", { calls: 1000 }, () => open(1000))],
};
