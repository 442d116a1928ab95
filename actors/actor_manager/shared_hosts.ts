import type { Clock, PlaceId } from "../../runtime/kernel/mod.ts";
import { environmentKey, needsProcess, type RuntimeEnv } from "../../runtime/options/mod.ts";
import type { Running } from "../scheduler/mod.ts";
import type { WorkerPool } from "../workers/mod.ts";

export interface SharedHostsOptions {
  pool: Pick<WorkerPool, "acquire" | "retire">;
  clock: Clock;
  /** Workers that host light actors, at most, for each environment. */
  limit: number;
  /** How many actors live at a place. */
  hosted(place: PlaceId): Promise<number>;
}

interface SharedHost {
  /** -1 while its worker is coming. */
  at: PlaceId;
  /** Who waits for its worker. */
  waiting: { readonly found: (place: PlaceId) => void; readonly failed: (error: unknown) => void }[];
  /** When its worker was asked for. Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** When the last actor was sent there: it comes by way of the head, and is none of those that live there yet. */
  seatedMs: number;
}

/** A host without actors is kept this long, and so much longer than it takes an actor to get there. */
const IDLE_MS = 10_000;

/**
 * The workers that light actors share. There may be a hundred thousand of those: they are not kept book of here,
 * their hosts are asked, some time after one has ended.
 */
export class SharedHosts {
  readonly #options: SharedHostsOptions;
  /** By number and environment. */
  readonly #hosts: Map<string, SharedHost> = new Map();
  #next = 0;
  #looking = false;

  constructor(options: SharedHostsOptions) {
    this.#options = options;
  }

  /** Calls back with the place for one more actor, at once where its host is up. */
  find(env: RuntimeEnv | undefined, found: (place: PlaceId) => void, failed: (error: unknown) => void): void {
    const at = this.take(env);
    if (at !== undefined) {
      found(at);
      return;
    }
    const slot = this.#slot(env);
    const host = this.#hosts.get(slot) ?? this.#open(slot, { kind: needsProcess(env) ? "process" : "thread", environment: environmentKey(env) });
    this.#next++;
    host.seatedMs = this.#options.clock.now();
    host.waiting.push({ found, failed });
  }

  /** The place for one more actor if its host is up. */
  take(env: RuntimeEnv | undefined): PlaceId | undefined {
    const host = this.#hosts.get(this.#slot(env));
    if (host === undefined || host.at < 0) return undefined;
    this.#next++;
    host.seatedMs = this.#options.clock.now();
    return host.at;
  }

  #slot(env: RuntimeEnv | undefined): string {
    return `${this.#next % this.#options.limit} ${environmentKey(env)}`;
  }

  /** A light actor may have ended. */
  left(): void {
    if (this.#looking || this.#hosts.size === 0) return;
    this.#looking = true;
    this.#options.clock.after(IDLE_MS, () => {
      this.#looking = false;
      for (const [slot, host] of this.#hosts) if (host.at >= 0) void this.#endIfEmpty(slot, host);
    });
  }

  *running(): Generator<Running> {
    for (const { at, sinceMs } of this.#hosts.values()) {
      if (at >= 0) yield { place: at, owner: -1, sinceMs, name: "light actors", retriable: false };
    }
  }

  placeLost(place: PlaceId): void {
    for (const [slot, host] of this.#hosts) if (host.at === place) this.#hosts.delete(slot);
  }

  #open(slot: string, { kind, environment }: { kind: "thread" | "process"; environment: string }): SharedHost {
    const now = this.#options.clock.now();
    const host: SharedHost = { at: -1, waiting: [], sinceMs: now, seatedMs: now };
    this.#hosts.set(slot, host);
    this.#options.pool.acquire(kind, environment).then(
      (place) => {
        host.at = place;
        host.seatedMs = this.#options.clock.now();
        for (const { found } of host.waiting.splice(0)) found(place);
      },
      (error) => {
        this.#hosts.delete(slot);
        for (const { failed } of host.waiting.splice(0)) failed(error);
      },
    );
    return host;
  }

  async #endIfEmpty(slot: string, host: SharedHost): Promise<void> {
    const { hosted, clock, pool } = this.#options;
    const living = await hosted(host.at).catch(() => undefined);
    if (living !== 0 || this.#hosts.get(slot) !== host) return;
    if (clock.now() - host.seatedMs < IDLE_MS) {
      this.left();
      return;
    }
    this.#hosts.delete(slot);
    pool.retire(host.at, "no actor lives there any more");
  }
}
