import type { StorageError } from "../../../runtime/errors/mod.ts";
import type { Clock } from "../../../runtime/kernel/mod.ts";
import { type RedisConnection, RedisUnreachable } from "./redis_connection.ts";
import { holderText, type RedisErrors } from "./redis_errors.ts";
import { ACQUIRE, REDIS_FORMAT, RENEW } from "./redis_scripts.ts";
import type { StorageLease } from "./storage.ts";
import { waiting } from "./waiting.ts";

export interface RedisLeaseOptions {
  readonly connection: RedisConnection;
  readonly clock: Clock;
  readonly errors: RedisErrors;
  readonly prefix: string;
  readonly holder: string;
  readonly leaseMs: number;
  readonly waitMs: number;
}

/** Renewals in the life of a lease: two may fail before it expires. */
const RENEWALS = 3;

/** The lease of one opening of a store: taken once, renewed in the background and by every batch. */
export class RedisLease implements StorageLease {
  readonly durationMs: number;
  readonly lost: Promise<StorageError>;
  readonly keys: readonly string[];
  epoch = 0;
  inherited = false;
  heldUntilMs = 0;
  /** The number of the last batch known to be in the store. */
  acknowledged = 0;
  readonly #options: RedisLeaseOptions;
  #tellLost: (error: StorageError) => void = () => {};
  /** Why it can't be used any more. */
  #ended: StorageError | undefined;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(options: RedisLeaseOptions) {
    this.#options = options;
    this.durationMs = options.leaseMs;
    this.keys = [`{${options.prefix}}:head`, `{${options.prefix}}:lease`];
    this.lost = new Promise((resolve) => (this.#tellLost = resolve));
  }

  /**
   * Takes the lease. One that is held is waited for until it expires, as a crashed holder's does; once it is seen
   * to be renewed the holder lives, and this rejects, or, as `standby`, waits on, also while the server is away.
   */
  async acquire({ standby, signal }: { standby: boolean; signal: AbortSignal | undefined }): Promise<void> {
    const { clock, errors, leaseMs } = this.#options;
    for (let before: { lease: string; left: number } | undefined; ; ) {
      signal?.throwIfAborted();
      const sent = clock.now();
      const answer = await this.#tryToTake().catch((error) => {
        // One that was never there may be wrongly written.
        if (standby && before !== undefined && error instanceof RedisUnreachable) return undefined;
        throw error;
      });
      if (answer === undefined) continue;
      const [verdict, first = "", second = "0"] = answer;
      if (verdict === "ok") {
        this.epoch = Number(first);
        this.inherited = before !== undefined;
        this.acknowledged = Number(second);
        this.heldUntilMs = sent + leaseMs;
        this.#schedule();
        return;
      }
      if (verdict === "format")
        throw Number(first) > REDIS_FORMAT ? errors.newer(first, REDIS_FORMAT) : errors.damaged(`its layout is ${JSON.stringify(first)}`);
      const now = { lease: first, left: Number(second) };
      const alive = before !== undefined && (before.lease !== now.lease || now.left > before.left);
      if (alive && !standby) throw errors.inUse(holderText(first));
      before = now;
      await waiting(clock, Math.min(Math.max(now.left, 1), leaseMs / (2 * RENEWALS)), signal);
    }
  }

  #tryToTake(): Promise<string[]> {
    const { connection, holder, leaseMs, waitMs } = this.#options;
    return connection.script(ACQUIRE, { keys: this.keys, argv: [String(REDIS_FORMAT), holder, String(leaseMs)] }, waitMs);
  }

  /** Renews now. @throws StorageError when the lease or the store is lost */
  async renew(waitMs: number): Promise<void> {
    await this.guarded(RENEW, { keys: this.keys, argv: [] }, waitMs);
  }

  /** Runs a script that begins with the guard of `redis_scripts.ts`. @throws StorageError when it refuses */
  async guarded(script: string, args: { keys: readonly string[]; argv: readonly (string | Buffer)[] }, waitMs: number): Promise<void> {
    const { connection, clock, errors, holder, leaseMs } = this.#options;
    if (this.#ended) throw this.#ended;
    const sent = clock.now();
    const argv = [String(this.epoch), holder, String(leaseMs), String(this.acknowledged), ...args.argv];
    const [verdict, detail = ""] = await connection.script(script, { keys: args.keys, argv }, waitMs);
    // By the time of sending, though a repetition may have been what counted: rather too early than too late.
    if (verdict === "ok") this.heldUntilMs = Math.max(this.heldUntilMs, sent + leaseMs);
    else if (verdict === "foreign") throw errors.damaged(`${detail} is another program's`);
    else throw this.#end(verdict === "fenced" ? errors.fenced(holderText(detail)) : errors.lost());
  }

  /** Renews no more. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.after(this.durationMs / RENEWALS, () => {
      // As patient as a write: a shorter wait would cut the connection under a large batch. Failures are told to
      // whoever writes, and the next renewal tries again.
      const renewed = this.renew(this.#options.waitMs).catch(() => {});
      void renewed.then(() => !this.#stopped && !this.#ended && this.#schedule());
    });
  }

  #end(error: StorageError): StorageError {
    this.#ended = error;
    this.#tellLost(error);
    return error;
  }
}
