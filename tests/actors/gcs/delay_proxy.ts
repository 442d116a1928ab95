import { connect, createServer, type Server, type Socket } from "node:net";

/** A way to a server on which the test can hold what is sent, as a slow network does, or lose a reply. */
export class DelayProxy {
  readonly port: number;
  /** Connections cut by `cutAtReply`. */
  cuts = 0;
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  #held: { to: Socket; bytes: Buffer }[] = [];
  #holding = false;
  #cutting = false;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as { port: number }).port;
  }

  static async start(target: number): Promise<DelayProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new DelayProxy(server);
    server.on("connection", (near) => proxy.#join(near, connect(target, "127.0.0.1")));
    return proxy;
  }

  /** From now on nothing sent arrives, on old and new connections. */
  hold(): void {
    this.#holding = true;
  }

  /** From now on what is sent arrives; what was held stays held. */
  pass(): void {
    this.#holding = false;
  }

  /** Lets arrive what was held, also of connections that their sender has given up; resolves when all was answered. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#held = [];
    for (const { to, bytes } of held) {
      if (to.destroyed) continue;
      const answered = new Promise<void>((resolve) => to.once("data", () => resolve()).once("close", resolve));
      to.write(bytes);
      await answered;
    }
  }

  /** The connection on which the next reply comes is cut, and that reply lost. */
  cutAtReply(): void {
    this.#cutting = true;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
    }
    near.on("data", (bytes: Buffer) => {
      if (this.#holding) this.#held.push({ to: far, bytes });
      else far.write(bytes);
    });
    far.on("data", (bytes: Buffer) => {
      if (this.#cutting) {
        this.#cutting = false;
        this.cuts++;
        near.destroy();
        far.destroy();
      } else if (!near.destroyed) near.write(bytes);
    });
    // What is held for a sender that has gone may still be let through: as a packet does that was on its way.
    near.on("close", () => this.#held.some(({ to }) => to === far) || far.end());
    far.on("close", () => near.destroy());
  }
}
