import { upgradeWebSocket } from "hono/deno";
import type { Fetch, WebRuntime } from "./platform.ts";

interface DenoServer {
  readonly addr: { readonly port: number };
  readonly finished: Promise<void>;
}

/** The little of Deno's namespace that is used; its types are not part of this project's compilation. */
interface DenoNamespace {
  serve(options: { hostname: string; port: number; signal: AbortSignal; onListen(): void; cert?: string; key?: string }, handler: Fetch): DenoServer;
}

const deno = (globalThis as unknown as { Deno: DenoNamespace }).Deno;

export const denoWeb: WebRuntime = {
  upgradeWebSocket: upgradeWebSocket as unknown as WebRuntime["upgradeWebSocket"],
  // Deno bounds messages by itself; whoever takes them in looks at their size again. It has no limit for idle connections.
  serve(app, { hostname, port, tls }) {
    const ending = new AbortController();
    const server = deno.serve({ hostname, port, signal: ending.signal, onListen: () => {}, ...tls }, app);
    return {
      port: server.addr.port,
      async close() {
        ending.abort();
        await server.finished;
      },
    };
  },
  remoteAddress: (_request, environment) => (environment as { remoteAddr?: { hostname?: string } } | undefined)?.remoteAddr?.hostname ?? "unknown",
  letIn: () => {},
  onDrained: () => {},
};
