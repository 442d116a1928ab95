/** A thread with a WebSocket server that answers every message with a reply of the same size as a result. */
import { parentPort } from "node:worker_threads";
import { listen } from "../streams/mod.ts";
import { reply } from "./bytes.ts";

parentPort?.postMessage(listen((socket) => ({ onMessage: () => socket.send(reply) })));
