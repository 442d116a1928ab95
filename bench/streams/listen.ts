/** A WebSocket server of the runtime's own, for controls: binary and text messages, nothing else. */
import process from "node:process";

/** An accepted socket. */
export interface Accepted {
  send(message: Uint8Array | string): void;
  /** Bytes that were handed over and have not left yet. */
  buffered(): number;
}

/** What becomes of an accepted socket's messages. */
export interface Handlers {
  onMessage(message: ArrayBuffer | string): void;
  /** It has sent what it had. Deno's do not tell. */
  onDrained?(): void;
}

interface BunSocket {
  data: Handlers;
  binaryType: string;
  send(message: Uint8Array | string): void;
  getBufferedAmount(): number;
}

interface Runtime {
  readonly Bun?: { serve(options: object): { readonly port: number } };
  readonly Deno?: {
    serve(options: object, handler: (request: Request) => Response): { readonly addr: { readonly port: number } };
    upgradeWebSocket(request: Request): { readonly socket: WebSocket; readonly response: Response };
  };
}

interface Server {
  upgrade(request: Request): boolean;
}

/** Listens on a port of the loopback address. */
export function listen(accept: (socket: Accepted) => Handlers): number {
  const { Bun, Deno } = globalThis as Runtime;
  const own = { hostname: "127.0.0.1", port: 0 };
  if (Bun !== undefined) {
    return Bun.serve({
      ...own,
      fetch: (request: Request, server: Server) => (server.upgrade(request) ? undefined : new Response("", { status: 400 })),
      websocket: {
        perMessageDeflate: false,
        open(socket: BunSocket) {
          socket.binaryType = "arraybuffer";
          socket.data = accept({ send: (message) => socket.send(message), buffered: () => socket.getBufferedAmount() });
        },
        message: (socket: BunSocket, message: ArrayBuffer | string) => socket.data.onMessage(message),
        drain: (socket: BunSocket) => socket.data.onDrained?.(),
      },
    }).port;
  }
  if (Deno === undefined) throw new Error(`no server is known for ${process.version}`);
  const { upgradeWebSocket, serve } = Deno;
  return serve({ ...own, onListen() {} }, (request) => {
    const { socket, response } = upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    const handlers = accept({ send: (message) => socket.send(message as Uint8Array<ArrayBuffer>), buffered: () => socket.bufferedAmount });
    socket.onmessage = ({ data }) => handlers.onMessage(data);
    return response;
  }).addr.port;
}
