import { upgradeWebSocket, websocket } from "hono/bun";
import type { Fetch, WebRuntime } from "./platform.ts";

interface BunServer {
  readonly port: number;
  stop(closeActiveConnections: boolean): Promise<void>;
}

/** The little of Bun's namespace that is used; its types are not known to Deno's compiler. */
interface BunNamespace {
  serve(options: { hostname: string; port: number; fetch: Fetch; websocket: object }): BunServer;
}

const bun = (globalThis as unknown as { Bun: BunNamespace }).Bun;

export const bunWeb: WebRuntime = {
  upgradeWebSocket: upgradeWebSocket as WebRuntime["upgradeWebSocket"],
  serve(app, { hostname, port, messageBytes }) {
    const server = bun.serve({
      hostname,
      port,
      fetch: app,
      websocket: { ...websocket, maxPayloadLength: messageBytes, idleTimeout: 0, perMessageDeflate: false },
    });
    return { port: server.port, close: () => server.stop(true) };
  },
};
