/**
 * The other one: it dials the server, has streams run as it is told on its standard input, and says how long each took.
 * An order is `{ over, to, keeps }`, an answer `{ ms, right }`, both JSON, a line each. `client.ts BYTES WEBSOCKET-PORT TCP-PORT`
 */
import { connect } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { Drain, Pump } from "./pump.ts";
import { type Answer, FILL, type Order, type Word } from "./words.ts";

const [size, webSocketPort, tcpPort] = process.argv.slice(2).map(Number) as [number, number, number];
const bytes = new Uint8Array(size).fill(FILL);
const drain = new Drain(bytes);
let done = (): void => {};

const webSocket = new WebSocket(`ws://127.0.0.1:${webSocketPort}`);
webSocket.binaryType = "arraybuffer";
webSocket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
  if (typeof data === "string") done();
  else {
    drain.take(new Uint8Array(data));
    data.transfer(0);
  }
};
await new Promise((resolve) => (webSocket.onopen = resolve));

const tcp = connect({ port: tcpPort, host: "127.0.0.1", noDelay: true });
let taking = false;
tcp.on("data", (data: Uint8Array) => (taking ? drain.take(data) : done()));
await new Promise<void>((resolve) => tcp.once("connect", () => resolve()));

const sockets = {
  webSocket: {
    say: (word: Word) => webSocket.send(word),
    pump: new Pump(bytes, {
      send: (message) => webSocket.send(message),
      buffered: () => webSocket.bufferedAmount,
      later: (action) => void setTimeout(action, 1),
    }),
  },
  tcp: {
    say: (word: Word) => void tcp.write(word),
    pump: new Pump(bytes, {
      send: (message) => void tcp.write(message),
      buffered: () => tcp.writableLength,
      later: (action) => void tcp.once("drain", action),
    }),
  },
};

async function stream({ over, to, keeps }: Order): Promise<Answer> {
  const { say, pump } = sockets[over];
  taking = to === "client";
  const start = performance.now();
  await new Promise<void>((resolve) => {
    done = resolve;
    if (to === "client") {
      drain.start(keeps, resolve);
      say("send");
    } else {
      say(keeps ? "keep" : "drop");
      pump.start();
    }
  });
  return { ms: performance.now() - start, right: to === "server" || !keeps || bytes.at(-1) === FILL };
}

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await stream(JSON.parse(line) as Order)));
process.exit();
