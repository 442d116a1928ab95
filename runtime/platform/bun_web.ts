import { upgradeWebSocket, websocket } from "hono/bun";
import type { Fetch, WebRuntime } from "./platform.ts";

interface BunServer {
  readonly port: number;
  requestIP(request: Request): { address: string } | null;
  timeout(request: Request, seconds: number): void;
  stop(closeActiveConnections: boolean): Promise<void>;
}

/** The little of Bun's namespace that is used; its types are not known to Deno's compiler. */
interface BunNamespace {
  serve(options: { hostname: string; port: number; idleTimeout: number; fetch: Fetch; websocket: object; tls?: object }): BunServer;
}

const bun = (globalThis as unknown as { Bun: BunNamespace }).Bun;

/** Bun refuses more. */
const LONGEST_IDLE_SECONDS = 255;

const drains: WeakMap<object, () => void> = new WeakMap();

function drain(socket: object): void {
  drains.get(socket)?.();
}

export const bunWeb: WebRuntime = {
  upgradeWebSocket: upgradeWebSocket as WebRuntime["upgradeWebSocket"],
  serve(app, { hostname, port, messageBytes, idleSeconds, tls }) {
    const server = bun.serve({
      hostname,
      port,
      idleTimeout: Math.min(idleSeconds, LONGEST_IDLE_SECONDS),
      fetch: app,
      ...(tls === undefined ? {} : { tls }),
      websocket: { ...websocket, maxPayloadLength: messageBytes, idleTimeout: 0, perMessageDeflate: false, drain },
    });
    return { port: server.port, close: () => server.stop(true) };
  },
  // The server itself is what Bun passes on.
  remoteAddress: (request, environment) => (environment as BunServer | undefined)?.requestIP(request)?.address ?? "unknown",
  onDrained: (socket, action) => void drains.set(socket, action),
  letIn: (request, environment) => (environment as BunServer | undefined)?.timeout(request, 0),
};
