import type { Redis } from "ioredis";
import type { Clock } from "../../../runtime/kernel/mod.ts";
import type { RedisTarget } from "./redis_target.ts";
import { waiting } from "./waiting.ts";

/** The server answers with an error that waiting won't mend. Other failures are worth another try. */
export class RedisRefusal extends Error {
  readonly denied: boolean;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.denied = DENIED.test(cause.message);
  }
}

/** No answer within the time given. `message` is the last thing that went wrong. */
export class RedisUnreachable extends Error {}

const DENIED = /^(NOAUTH|WRONGPASS|NOPERM|ERR invalid password|ERR AUTH)/i;
/** The server is loading its file, is a replica in a failover, or has lost its master: it may answer soon. */
const PASSING = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|UNBLOCKED)/;
const FIRST_DELAY_MS = 25;
const LONGEST_DELAY_MS = 250;

/**
 * The connection to a Redis server, made anew when it breaks. What is asked meanwhile waits, each question for its
 * own bounded time. (The library could reconnect by itself; then a command whose reply was lost would be sent again
 * or given up without a word.)
 */
export class RedisConnection {
  readonly #target: RedisTarget;
  readonly #clock: Clock;
  #client: Redis | undefined;
  #connecting: Promise<Redis> | undefined;
  #closed = false;

  constructor(target: RedisTarget, clock: Clock) {
    this.#target = target;
    this.#clock = clock;
  }

  /**
   * Runs a script, again after each connection that broke: it MUST bear being run twice.
   *
   * @throws RedisRefusal, or RedisUnreachable after `waitMs`.
   */
  script(text: string, args: { keys: readonly string[]; argv: readonly (string | Buffer)[] }, waitMs: number): Promise<string[]> {
    const flat = [...args.keys, ...args.argv];
    return this.run((client) => client.eval(text, args.keys.length, ...flat) as Promise<string[]>, waitMs);
  }

  /** Runs `action`, as `script` does. */
  async run<T>(action: (client: Redis) => Promise<T>, waitMs: number): Promise<T> {
    const deadline = this.#clock.now() + waitMs;
    let last = "it does not answer";
    for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, LONGEST_DELAY_MS)) {
      try {
        const client = await this.#by(deadline, this.#connected());
        return await this.#by(deadline, action(client));
      } catch (error) {
        const { name, message } = error as Error;
        const passing = PASSING.test(message);
        if (error instanceof RedisRefusal || (name === "ReplyError" && !passing)) throw asRefusal(error as Error);
        if (!(error instanceof Overdue)) last = message;
        // After a failover the same address may lead to another server; a question unanswered, nowhere.
        this.#client?.disconnect();
      }
      if (this.#closed) throw new RedisUnreachable("the store is closed");
      if (this.#clock.now() + delay >= deadline) throw new RedisUnreachable(last);
      await waiting(this.#clock, delay);
    }
  }

  /** Ends the connection: what still waits fails. */
  close(): void {
    this.#closed = true;
    this.#client?.disconnect();
  }

  async #connected(): Promise<Redis> {
    if (this.#closed) throw new RedisUnreachable("the store is closed");
    if (this.#client?.status === "ready") return this.#client;
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    return await this.#connecting;
  }

  async #connect(): Promise<Redis> {
    // Loaded on demand: whoever keeps nothing in Redis does not pay for it.
    const { Redis: Client } = await import("ioredis");
    const { host, port, db, tls, username, password } = this.#target;
    const client = new Client({
      host,
      port,
      db,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls ? { tls: {} } : {}),
      lazyConnect: true,
      retryStrategy: null,
      enableOfflineQueue: false,
      disableClientInfo: true,
      connectTimeout: CONNECT_MS,
      // While the server loads its file: it says for how long, and always at least a second.
      maxLoadingRetryTime: LONGEST_DELAY_MS,
      protocol: 2,
    });
    this.#client = client;
    // The library tells the cause by an event and then rejects with "Connection is closed".
    let cause: Error | undefined;
    client.on("error", (error: Error) => (cause = error));
    try {
      await client.connect();
    } catch (error) {
      client.disconnect();
      const told = cause ?? (error as Error);
      throw told.name === "ReplyError" && !PASSING.test(told.message) ? asRefusal(told) : told;
    }
    if (this.#closed) client.disconnect();
    return client;
  }

  /** `promise`, or Overdue at `deadline`; a later failure of it is nobody's any more. */
  #by<T>(deadline: number, promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const cancel = this.#clock.after(Math.max(0, deadline - this.#clock.now()), () => reject(new Overdue("no answer in time")));
      promise.then(resolve, reject).finally(cancel);
    });
  }
}

class Overdue extends Error {}

/** How long one attempt to connect may take, in milliseconds. */
const CONNECT_MS = 3_000;

function asRefusal(error: Error): RedisRefusal {
  return error instanceof RedisRefusal ? error : new RedisRefusal(error);
}
