import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { runtimeCommand } from "../child.ts";
import type { Answer, Order } from "./words.ts";

export type { Order } from "./words.ts";

/** A process, and the lines that it prints. */
interface Talker {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
}

/**
 * Two processes of the runtime with nothing of Mobula, and the sockets between them, for what the runtime allows: bytes
 * from one's memory to the other's, in messages as large as Mobula's.
 */
export class RawStreams implements AsyncDisposable {
  readonly #bytes: number;
  readonly #server: Talker;
  readonly #client: Talker;

  private constructor(bytes: number, server: Talker, client: Talker) {
    this.#bytes = bytes;
    this.#server = server;
    this.#client = client;
  }

  /** Streams of so many bytes. */
  static async open(bytes: number): Promise<RawStreams> {
    const server = start("server", [bytes]);
    const { webSocket, tcp } = (await heard(server)) as { webSocket: number; tcp: number };
    const client = start("client", [bytes, webSocket, tcp]);
    await heard(client);
    return new RawStreams(bytes, server, client);
  }

  /** Runs one, and says how many GB/s it made. @throws when the bytes did not come */
  async run(order: Order): Promise<number> {
    this.#client.child.stdin?.write(`${JSON.stringify(order)}\n`);
    const { ms, right } = (await heard(this.#client)) as Answer;
    if (!right) throw new Error(`the bytes did not come ${JSON.stringify(order)}`);
    return this.#bytes / 1e6 / ms;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of [this.#client, this.#server]) {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
  }
}

function start(program: string, args: readonly number[]): Talker {
  const [command = "", ...before] = runtimeCommand;
  const path = fileURLToPath(new URL(`${program}.ts`, import.meta.url));
  const child = spawn(command, [...before, path, ...args.map(String)], { stdio: ["pipe", "pipe", "inherit"] });
  const lines: Interface = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return { child, lines: lines[Symbol.asyncIterator]() };
}

async function heard({ child, lines }: Talker): Promise<unknown> {
  const { value, done } = await lines.next();
  if (done === true) throw new Error(`a process of the raw streams ended with ${child.exitCode ?? child.signalCode}`);
  return JSON.parse(value);
}
