import { hostname } from "node:os";
import { crc32 } from "node:zlib";
import { type Clock, systemClock } from "../../../runtime/kernel/mod.ts";
import { compareCodePoints } from "./key_order.ts";
import { RedisConnection, RedisRefusal } from "./redis_connection.ts";
import { RedisErrors } from "./redis_errors.ts";
import { RedisLease } from "./redis_lease.ts";
import { APPLY, RELEASE } from "./redis_scripts.ts";
import { type RedisTarget, redisLocation } from "./redis_target.ts";
import type { Mutation, Storage, StorageLease, StoredRow } from "./storage.ts";

export interface RedisOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Who holds the store, for the message that another gets. Default: the machine's name. */
  readonly holder?: string;
  /** How long the lease lasts unrenewed, and so for how long a crashed holder keeps others out. Milliseconds. */
  readonly leaseMs?: number;
  /** How long a read or a write waits for a server that is away. Milliseconds. */
  readonly waitMs?: number;
  /** Wait for the lease of another as long as it is renewed, instead of refusing: to take over from it. */
  readonly standby?: boolean;
  /** Ends the opening, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told when the server does not keep what it acknowledges. */
  readonly warn?: (text: string) => void;
}

const DEFAULT_LEASE_MS = 3_000;
const DEFAULT_WAIT_MS = 10_000;
/** Rows read with one question. */
const SCAN_COUNT = 500;
const CRC_BYTES = 4;

/**
 * Storage in a Redis server (6 or later), for a control store that another machine can take over.
 *
 * What is acknowledged is as safe as the server keeps it: it MUST run with `appendonly yes`. With `appendfsync
 * always` nothing acknowledged is lost; with `everysec`, the default, the last second may be when the server dies.
 * A server that came back without acknowledged batches is refused (`damaged`), so that there is never a batch
 * without those before it; the next opening starts from what the server has.
 *
 * One opening has the store at a time, by a lease: see `StorageLease` and `redis_scripts.ts`. A batch whose reply
 * was lost is sent again within `waitMs`, and applied once. Rejected as `unavailable` after that, it may be in the
 * store or not, as a whole; it never overtakes a later one.
 */
export class RedisStorage implements Storage {
  readonly location: string;
  readonly volatile: boolean = false;
  readonly #connection: RedisConnection;
  readonly #lease: RedisLease;
  readonly #errors: RedisErrors;
  readonly #prefix: string;
  readonly #waitMs: number;
  readonly #text = new TextDecoder("utf-8", { ignoreBOM: true });
  #turn: Promise<unknown> = Promise.resolve();
  /** Of the last batch sent, whatever became of it. */
  #seq: number;
  #closed: Promise<void> | undefined;

  private constructor(parts: Parts) {
    this.location = parts.errors.location;
    this.#connection = parts.connection;
    this.#lease = parts.lease;
    this.#errors = parts.errors;
    this.#prefix = parts.prefix;
    this.#waitMs = parts.waitMs;
    this.#seq = parts.lease.acknowledged;
  }

  /** Rejects with a StorageError: no server, a wrong password, a store that another has, or of a later version. */
  static async open(target: RedisTarget, options: RedisOptions = {}): Promise<RedisStorage> {
    const { clock = systemClock, holder = hostname(), leaseMs = DEFAULT_LEASE_MS, waitMs = DEFAULT_WAIT_MS, warn } = options;
    const errors = new RedisErrors(redisLocation(target));
    const connection = new RedisConnection(target, clock);
    try {
      const { prefix } = target;
      const { standby = false, signal } = options;
      const lease = new RedisLease({ connection, clock, errors, prefix, holder, leaseMs, waitMs });
      await lease.acquire({ standby, signal });
      if (warn) await warnIfForgetful(connection, { waitMs, warn: (text) => warn(`The store ${errors.location} ${text}`) });
      return new RedisStorage({ connection, lease, errors, prefix, waitMs });
    } catch (error) {
      connection.close();
      throw options.signal?.aborted ? error : errors.explain("open", error);
    }
  }

  get lease(): StorageLease {
    return this.#lease;
  }

  async load(table: string): Promise<StoredRow[]> {
    const rows = new Map<string, Uint8Array>();
    const key = this.#tableKey(table);
    try {
      this.#assertOpen();
      let cursor = "0";
      do {
        const [next, found] = await this.#connection.run(
          async (client) => (await client.hscanBuffer(key, cursor, "COUNT", SCAN_COUNT)) as unknown as [Buffer, Buffer[]],
          this.#waitMs,
        );
        // A row may come twice, as the hash is rearranged meanwhile.
        for (let i = 0; i < found.length; i += 2) rows.set(this.#text.decode(found[i]), this.#opened(table, found[i]!, found[i + 1]!));
        cursor = next.toString();
      } while (cursor !== "0");
      // If another has taken the store over meanwhile, this was a mixture.
      await this.#lease.renew(this.#waitMs);
    } catch (error) {
      throw this.#errors.explain("read", error);
    }
    return [...rows].sort(([a], [b]) => compareCodePoints(a, b));
  }

  apply(batch: readonly Mutation[]): Promise<void> {
    const applied = this.#turn.then(() => this.#apply(batch));
    this.#turn = applied.catch(() => {});
    return applied;
  }

  close(): Promise<void> {
    this.#closed ??= this.#turn.then(async () => {
      this.#lease.stop();
      try {
        const keys = this.#lease.keys;
        // A server that is away keeps the lease until it expires: not worth waiting for.
        await this.#connection.script(RELEASE, { keys, argv: [String(this.#lease.epoch)] }, RELEASE_MS);
      } catch {
      } finally {
        this.#connection.close();
      }
    });
    return this.#closed;
  }

  async #apply(batch: readonly Mutation[]): Promise<void> {
    try {
      this.#assertOpen();
      const keys = [...this.#lease.keys];
      const indexes = new Map<string, number>();
      const changes: (string | Buffer)[] = [];
      for (const mutation of batch) {
        let index = indexes.get(mutation.table);
        if (index === undefined) indexes.set(mutation.table, (index = keys.push(this.#tableKey(mutation.table))));
        const key = Buffer.from(mutation.key);
        if (mutation.type === "put") changes.push(String(index), key, sealed(key, mutation.value));
        else changes.push(String(-index), key);
      }
      // Not used again, whatever becomes of it: the batch may still be on its way when the next is sent.
      const seq = ++this.#seq;
      await this.#lease.guarded(APPLY, { keys, argv: [String(seq), ...changes] }, this.#waitMs);
      this.#lease.acknowledged = seq;
    } catch (error) {
      throw this.#errors.explain("write", error);
    }
  }

  #tableKey(table: string): string {
    return `{${this.#prefix}}:table:${table}`;
  }

  #opened(table: string, key: Buffer, row: Buffer): Uint8Array {
    const value = row.subarray(CRC_BYTES);
    if (row.length < CRC_BYTES || row.readUInt32BE() !== checksum(key, value)) {
      throw this.#errors.damaged(`row ${JSON.stringify(this.#text.decode(key))} of table ${table} fails its checksum`);
    }
    return new Uint8Array(value);
  }

  #assertOpen(): void {
    if (this.#closed) throw this.#errors.closed();
  }
}

interface Parts {
  readonly connection: RedisConnection;
  readonly lease: RedisLease;
  readonly errors: RedisErrors;
  readonly prefix: string;
  readonly waitMs: number;
}

const RELEASE_MS = 1_000;

/** A row as it lies in the server: nothing there notices a byte that changed. */
function sealed(key: Buffer, value: Uint8Array): Buffer {
  const row = Buffer.allocUnsafe(CRC_BYTES + value.byteLength);
  row.writeUInt32BE(checksum(key, value));
  row.set(value, CRC_BYTES);
  return row;
}

function checksum(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key));
}

async function warnIfForgetful(connection: RedisConnection, options: { waitMs: number; warn(text: string): void }): Promise<void> {
  try {
    const told = await connection.run((client) => client.info("persistence"), options.waitMs);
    if (/^aof_enabled:0/m.test(told)) {
      options.warn('is on a Redis server that keeps nothing of the last minutes if it ends: run it with "appendonly yes".');
    }
  } catch (error) {
    // A user who may not ask for this may all the same write.
    if (!(error instanceof RedisRefusal)) throw error;
  }
}
