/**
 * One of two processes between which raw bytes stream: it listens, and does as it is told on each connection by a word:
 * `send`, `keep` or `drop`. Prints the ports of its WebSocket and TCP servers as JSON. `server.ts BYTES`
 */
import { type AddressInfo, createServer } from "node:net";
import process from "node:process";
import { listen } from "./listen.ts";
import { Drain, Pump } from "./pump.ts";
import { DONE, FILL, WORD_BYTES, wordOf } from "./words.ts";

const bytes = new Uint8Array(Number(process.argv[2])).fill(FILL);

const webSocket = listen((socket) => {
  const drain = new Drain(bytes);
  const later = "Deno" in globalThis ? { later: (action: () => void) => void setTimeout(action, 1) } : {};
  const pump = new Pump(bytes, { send: (message) => socket.send(message), buffered: () => socket.buffered(), ...later });
  return {
    onMessage(message) {
      if (typeof message !== "string") {
        drain.take(new Uint8Array(message));
        message.transfer(0);
      } else if (message === "send") pump.start();
      else drain.start(message === "keep", () => socket.send(DONE));
    },
    onDrained: pump.drained,
  };
});

const server = createServer({ noDelay: true }, (socket) => {
  const drain = new Drain(bytes);
  const pump = new Pump(bytes, {
    send: (message) => void socket.write(message),
    buffered: () => socket.writableLength,
    later: (action) => void socket.once("drain", action),
  });
  let taking = false;
  socket.on("data", (data: Uint8Array) => {
    if (taking) drain.take(data);
    else if (wordOf(data) === "send") pump.start();
    else {
      taking = true;
      drain.start(wordOf(data) === "keep", () => {
        taking = false;
        socket.write(DONE);
      });
      if (data.byteLength > WORD_BYTES) drain.take(data.subarray(WORD_BYTES));
    }
  });
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ webSocket, tcp: (server.address() as AddressInfo).port })));
