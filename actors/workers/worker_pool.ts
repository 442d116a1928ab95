import type { Death } from "../../runtime/errors/mod.ts";
import { type Clock, isLastOfNode, type PlaceId, workerId } from "../../runtime/kernel/mod.ts";
import { environmentOf } from "../../runtime/options/mod.ts";
import type { Exit } from "../../runtime/platform/mod.ts";
import type { WorkerKind } from "../scheduler/mod.ts";

/** The thread that starts and ends workers for the pool: the process's main thread. */
export interface HostControl {
  /** Starts a worker; resolves with its process id once it has been started, rejects when it could not be. */
  spawn(kind: WorkerKind, place: PlaceId, environment: string): Promise<number>;
  /** Ends a worker, by force if it does not end by itself. False when its thread has not ended soon; see `Thread.terminate`. */
  stop(place: PlaceId, force: boolean): Promise<boolean>;
  /** Lets go of what it opened for workers. */
  close(): Promise<void>;
}

/** What a worker said of its own end, before it came. */
export interface LastWords {
  exitCode?: number | undefined;
  error?: unknown;
}

export interface WorkerPoolOptions {
  host: HostControl;
  clock: Clock;
  nodeId: string;
  firstPlace: PlaceId;
  /** Workers that run tasks, at most; actors of their own come on top. */
  limit: number;
  lastLogs(place: PlaceId): readonly string[];
  /** A worker is up. `forTasks`: nobody has asked for it in particular. */
  onReady(place: PlaceId, kind: WorkerKind, environment: string): void;
  onLost(place: PlaceId, death: Death): void;
  /** Workers of this kind and environment cannot be started, as the last of them shows. */
  onUnstartable(kind: WorkerKind, environment: string, death: Death): void;
  /** Why a worker of this environment could not be started. */
  startError(environment: string, death: Death): Error;
  /** The worker is replaced, and its thread goes on for ever. */
  onStuck(place: PlaceId): void;
}

/** Why a worker is ended, and of a lack of memory how much of it was taken. */
export type Ending = Pick<Death, "cause" | "usedBytes" | "limitBytes"> & { readonly detail: string };

interface Member {
  readonly place: PlaceId;
  readonly kind: WorkerKind;
  readonly environment: string;
  state: "starting" | "up";
  pid: number | undefined;
  forTasks: boolean;
  taker: ((place: PlaceId) => void) | undefined;
  refuser: ((error: unknown) => void) | undefined;
  lastWords: LastWords | undefined;
  /** Why it is being ended, when that was asked for. */
  ending: Ending | undefined;
  /** What the host said of its end, where the worker's own words are still to come. */
  exit: Exit | undefined;
}

/** How many failed starts in a row end the waiting for workers of an environment. */
const START_FAILURES = 3;
/** How long a worker may take to say hello, without its setup hook. */
const START_DEADLINE_MS = 30_000;
/** How long a setup hook may take, as with Ray. */
const SETUP_TIMEOUT_MS = 600_000;

/** How long the last words of a thread that has ended, and its last lines before them, may be on their way. */
const LAST_WORDS_MS = 100;

/** When a thread that has not ended counts as one that never will. */
const STUCK_AFTER_MS = 2_000;

/** The workers of a node: started ahead of need, replaced when they are gone, ended when they are not needed. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #members: Map<PlaceId, Member> = new Map();
  /** None when all are used up: none is used twice, as the dead are known by theirs, and objects are named by them. */
  #nextPlace: PlaceId | undefined;
  readonly #failures: Map<string, number> = new Map();
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#nextPlace = options.firstPlace;
  }

  /** A worker that the host has started by itself, before the pool was up. */
  expect(place: PlaceId, { kind, environment, pid }: { kind: WorkerKind; environment: string; pid: number }): void {
    const worker = member(place, kind, environment);
    worker.pid = pid;
    this.#members.set(place, worker);
    this.#nextPlace = Math.max(this.#nextPlace ?? place, place + 1);
  }

  /** Starts one more worker for tasks unless enough are on their way or the limit is reached. */
  request(kind: WorkerKind, environment: string, waiting: number): boolean {
    let starting = 0;
    let tasked = 0;
    for (const worker of this.#members.values()) {
      if (!worker.forTasks) continue;
      tasked++;
      if (worker.state === "starting" && worker.kind === kind && worker.environment === environment) starting++;
    }
    if (starting > 0 && starting >= waiting) return true;
    if (this.#nextPlace === undefined) {
      // Those that live go on.
      if (tasked === 0) queueMicrotask(() => this.#options.onUnstartable(kind, environment, this.#usedUp()));
      return starting > 0;
    }
    if (tasked >= this.#options.limit) return starting > 0;
    this.#start(kind, environment);
    return true;
  }

  /**
   * Starts a worker for one purpose, such as an actor of its own. One that is starting for tasks serves the purpose
   * sooner, and is replaced: a host whose thread is blocked starts none.
   */
  acquire(kind: WorkerKind, environment: string): Promise<PlaceId> {
    const mayTake = (each: Member): boolean =>
      each.state === "starting" && each.forTasks && each.ending === undefined && each.kind === kind && each.environment === environment;
    const starting = [...this.#members.values()].find(mayTake);
    if (this.#nextPlace === undefined) return Promise.reject(this.#options.startError(environment, this.#usedUp()));
    return new Promise((resolve, reject) => {
      const worker = starting ?? this.#start(kind, environment);
      if (starting !== undefined) this.#start(kind, environment);
      worker.forTasks = false;
      worker.taker = resolve;
      worker.refuser = reject;
    });
  }

  /** A worker for tasks has been taken for something else. */
  dedicate(place: PlaceId): void {
    const worker = this.#members.get(place);
    if (worker !== undefined) worker.forTasks = false;
  }

  /** The worker's first message has come. */
  ready(place: PlaceId): void {
    const worker = this.#members.get(place);
    if (worker === undefined || worker.state === "up") return;
    worker.state = "up";
    this.#failures.delete(worker.kind + worker.environment);
    if (worker.taker !== undefined) worker.taker(place);
    else this.#options.onReady(place, worker.kind, worker.environment);
    worker.taker = undefined;
    worker.refuser = undefined;
  }

  /** A worker says that it is about to end. */
  lastWords(place: PlaceId, words: LastWords): void {
    const worker = this.#members.get(place);
    // Of an error it says more than of the exit that follows from it.
    if (worker === undefined) return;
    worker.lastWords = { ...words, error: words.error ?? worker.lastWords?.error };
    if (worker.exit !== undefined) this.#gone(worker, worker.exit);
  }

  kill(place: PlaceId, detail: string, cause: Death["cause"] = "killed"): void {
    this.end(place, { cause, detail });
  }

  /** By force. */
  end(place: PlaceId, ending: Ending): void {
    this.#stop(place, true, ending);
  }

  retire(place: PlaceId, detail = "it had done its work"): void {
    this.#stop(place, false, { cause: "terminated", detail });
  }

  /** The host says that a worker's thread or process has ended. */
  exited(place: PlaceId, exit: Exit): void {
    const worker = this.#members.get(place);
    if (worker === undefined) return;
    if (worker.exit === undefined && mayHaveSpoken(worker, exit)) {
      worker.exit = exit;
      this.#options.clock.after(LAST_WORDS_MS, () => this.#gone(worker, exit));
    } else this.#gone(worker, exit);
  }

  pidOf(place: PlaceId): number | undefined {
    return this.#members.get(place)?.pid;
  }

  *places(): Iterable<PlaceId> {
    for (const worker of this.#members.values()) if (worker.state === "up") yield worker.place;
  }

  list(): { place: PlaceId; kind: WorkerKind; pid: number | undefined; state: string }[] {
    return [...this.#members.values()].map(({ place, kind, pid, state }) => ({ place, kind, pid, state }));
  }

  /** No deaths are told any more: the node ends. */
  close(): void {
    this.#closed = true;
  }

  #gone(worker: Member, exit: Exit): void {
    const { place } = worker;
    if (this.#members.get(place) !== worker) return;
    this.#members.delete(place);
    const death = this.#deathOf(worker, exit);
    if (!this.#closed) this.#options.onLost(place, death);
    if (worker.state === "starting") this.#failedToStart(worker, death);
  }

  /** To be called while there are places. */
  #start(kind: WorkerKind, environment: string): Member {
    const place = this.#nextPlace as PlaceId;
    this.#nextPlace = isLastOfNode(place) ? undefined : place + 1;
    const worker = member(place, kind, environment);
    this.#members.set(worker.place, worker);
    const patience = patienceWith(environment);
    if (patience !== undefined) {
      this.#options.clock.after(patience, () => {
        if (worker.state === "starting") this.kill(worker.place, `it did not say hello within ${patience / 1000} s`, "start-failed");
      });
    }
    this.#options.host.spawn(kind, worker.place, environment).then(
      (pid) => {
        worker.pid = pid;
      },
      (error) => this.exited(worker.place, { code: undefined, error }),
    );
    return worker;
  }

  /** Why no worker is started any more. */
  #usedUp(): Death {
    const { clock, nodeId } = this.#options;
    return { cause: "start-failed", at: clock.now(), nodeId, detail: "its node has used up its 1,048,574 numbers for workers; restart the node" };
  }

  #failedToStart(worker: Member, death: Death): void {
    const { kind, environment, refuser } = worker;
    refuser?.(this.#options.startError(environment, death));
    if (this.#closed || worker.ending?.cause === "killed" || !worker.forTasks) return;
    const failures = (this.#failures.get(kind + environment) ?? 0) + 1;
    this.#failures.set(kind + environment, failures);
    if (failures < START_FAILURES) return;
    // Who asks for one later may be luckier.
    this.#failures.delete(kind + environment);
    this.#options.onUnstartable(kind, environment, death);
  }

  #stop(place: PlaceId, force: boolean, ending: Ending): void {
    const worker = this.#members.get(place);
    if (worker === undefined || worker.ending !== undefined) return;
    worker.ending = ending;
    // The host reports the exit; when it cannot, the stop itself stands for it.
    void this.#options.host.stop(place, force).then(
      (stopped) => {
        this.exited(place, { code: undefined });
        if (!stopped) this.#lookAgain(place);
      },
      () => this.exited(place, { code: undefined }),
    );
  }

  /** Its thread is slow, or in a busy loop for ever: then that takes a CPU, and its user should know. */
  #lookAgain(place: PlaceId): void {
    const { clock, host, onStuck } = this.#options;
    clock.after(STUCK_AFTER_MS, () => {
      if (this.#closed) return;
      host.stop(place, true).then(
        (stopped) => {
          if (!stopped && !this.#closed) onStuck(place);
        },
        () => {},
      );
    });
  }

  #deathOf(worker: Member, exit: Exit): Death {
    const { lastWords, ending } = worker;
    const error = lastWords?.error ?? exit.error;
    const exitCode = lastWords?.exitCode ?? exit.code;
    const logs = this.#options.lastLogs(worker.place);
    const cause = ending?.cause ?? causeOf({ error, exit, logs, starting: worker.state === "starting" });
    return {
      ...ending,
      cause,
      at: this.#options.clock.now(),
      workerId: workerId(worker.place),
      nodeId: this.#options.nodeId,
      ...(worker.pid === undefined ? {} : { pid: worker.pid }),
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(exit.signal === undefined ? {} : { signal: exit.signal }),
      ...(logs.length === 0 ? {} : { lastLogs: logs }),
      ...(error === undefined || error === null ? {} : { error }),
    };
  }
}

/** How long a worker may take to say hello; none for ever. */
function patienceWith(environment: string): number | undefined {
  const { setupHook, config } = environmentOf(environment) ?? {};
  if (setupHook === undefined) return START_DEADLINE_MS;
  const timeout = config?.setupTimeoutMs ?? SETUP_TIMEOUT_MS;
  return timeout < 0 ? undefined : START_DEADLINE_MS + timeout;
}

/** Its words come from itself, and the word of its end from its host: either may be first. */
function mayHaveSpoken({ kind, lastWords, ending }: Member, { code, signal, outOfMemory }: Exit): boolean {
  return kind === "thread" && lastWords === undefined && ending === undefined && code !== undefined && signal === undefined && outOfMemory !== true;
}

/** What brought a worker down, by what is left of it. */
function causeOf(facts: { error: unknown; exit: Exit; logs: readonly string[]; starting: boolean }): Death["cause"] {
  const { error, exit, logs, starting } = facts;
  const crashed = exit.signal !== undefined || (exit.code ?? 0) > 128;
  if (crashed && logs.some((line) => /out of memory|heap limit|allocation failed/i.test(line))) return "out-of-memory";
  if (exit.outOfMemory === true) return "out-of-memory";
  if (exit.signal !== undefined) return "signal";
  if (error !== undefined && error !== null) return starting ? "start-failed" : "uncaught";
  if (exit.code !== undefined && exit.code > 128) return "signal";
  return starting ? "start-failed" : "exit";
}

function member(place: PlaceId, kind: WorkerKind, environment: string): Member {
  return {
    place,
    kind,
    environment,
    state: "starting",
    pid: undefined,
    forTasks: true,
    taker: undefined,
    refuser: undefined,
    lastWords: undefined,
    ending: undefined,
    exit: undefined,
  };
}
