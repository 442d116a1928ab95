import { connect, createServer, type Server, type Socket } from "node:net";

/** The head's door for one node: what passes through it can be held up both ways, and neither end is told. */
export class Gate implements Disposable {
  readonly #server: Server;
  readonly #pairs: Set<readonly [Socket, Socket]> = new Set();
  #isShut = false;

  private constructor(target: URL) {
    this.#server = createServer((near) => {
      const far = connect(Number(target.port), target.hostname);
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      for (const [from, to] of [pair, [far, near] as const]) {
        from.on("data", (data) => {
          to.write(data);
        });
        from.on("close", () => {
          to.destroy();
          this.#pairs.delete(pair);
        });
        from.on("error", () => {});
        if (this.#isShut) from.pause();
      }
    });
    this.#server.unref();
  }

  static async open(url: string): Promise<Gate> {
    const gate = new Gate(new URL(url));
    await new Promise<void>((resolve) => void gate.#server.listen(0, "127.0.0.1", resolve));
    return gate;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  shut(): void {
    this.#isShut = true;
    for (const socket of [...this.#pairs].flat()) socket.pause();
  }

  reopen(): void {
    this.#isShut = false;
    for (const socket of [...this.#pairs].flat()) socket.resume();
  }

  [Symbol.dispose](): void {
    for (const socket of [...this.#pairs].flat()) socket.destroy();
    this.#server.close();
  }
}
