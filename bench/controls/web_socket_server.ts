/** A thread with a WebSocket server that answers every message with a reply of the same size as a result. */
import process from "node:process";
import { parentPort } from "node:worker_threads";
import { reply } from "./bytes.ts";

interface Runtime {
  readonly Bun?: {
    serve(options: object): { readonly port: number };
  };
  readonly Deno?: {
    serve(options: object, handler: (request: Request) => Response): { readonly addr: { readonly port: number } };
    upgradeWebSocket(request: Request): { readonly socket: WebSocket; readonly response: Response };
  };
}

interface Server {
  upgrade(request: Request): boolean;
}

const { Bun, Deno } = globalThis as Runtime;

function listen(): number {
  if (Bun !== undefined) {
    return Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request: Request, server: Server) => (server.upgrade(request) ? undefined : new Response("", { status: 400 })),
      websocket: {
        message: (socket: { send(bytes: Uint8Array): void }) => socket.send(reply),
      },
    }).port;
  }
  if (Deno === undefined) throw new Error(`no server is known for ${process.version}`);
  const { upgradeWebSocket, serve } = Deno;
  return serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { socket, response } = upgradeWebSocket(request);
    socket.onmessage = () => socket.send(reply);
    return response;
  }).addr.port;
}

parentPort?.postMessage(listen());
