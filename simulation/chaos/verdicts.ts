import { isMobulaError } from "../../runtime/errors/mod.ts";
import type { Ledger } from "./ledger.ts";

export type Result = { readonly value: unknown } | { readonly error: unknown };

/** What a result may be, beside the right value. */
export interface Excuses {
  /** How often it is tried again when what runs it dies; -1 for ever. */
  readonly retries: number;
  /** It was given up on. */
  readonly cancelled?: boolean;
  /** Its function throws, as long as it does. */
  readonly fails?: boolean;
  /** It takes or is a large value, which goes with the nodes that have it. */
  readonly needsObjects?: boolean;
  /** It submits tasks, whose errors are its own. */
  readonly nested?: boolean;
  /** An actor makes it, which is made anew so often; -1 for ever. */
  readonly restarts?: number;
}

export interface VerdictsOptions {
  ledger: Ledger;
  /** How many nodes are gone, or were declared to be. */
  nodeDeaths(): number;
  /** Whoever asks is gone: nothing that it still sees says anything. Default: never. */
  isOver?(): boolean;
}

/** Judges results: each has to be the right one or an error that tells the truth. Keeps count of both. */
export class Verdicts {
  readonly counts: Map<string, number> = new Map();
  readonly #options: VerdictsOptions;

  constructor(options: VerdictsOptions) {
    this.#options = options;
  }

  /** What must not be was. */
  violate(what: string): void {
    if (this.#options.isOver?.() !== true) this.#options.ledger.violate(what);
  }

  value(id: string, result: Result, expected: unknown, excuses: Excuses): void {
    this.matching(id, result, (value) => value === expected, excuses);
  }

  matching(id: string, result: Result, isRight: (value: unknown) => boolean, excuses: Excuses): void {
    const { ledger } = this.#options;
    if ("value" in result) {
      this.#count("right");
      if (!isRight(result.value)) this.violate(`${id} has the result ${show(result.value)}`);
      if (ledger.runs(id) === 0) this.violate(`${id} has a result and never ran`);
      return;
    }
    const { error } = result;
    const code = this.#count(isMobulaError(error) ? error.code : "other");
    const why = this.#whyNot(id, error, excuses);
    if (why !== undefined) this.violate(`${id} has failed with ${code}, though ${why}: ${show(error)}`);
  }

  /** The result of an actor's call: what one of its runs gave. */
  call(id: string, result: Result, { killed }: { killed: boolean }): void {
    const { ledger } = this.#options;
    if ("value" in result) {
      this.#count("right");
      if (!ledger.gave(id, result.value)) this.violate(`${id} has the result ${show(result.value)}, which no run of it gave`);
      return;
    }
    const { error } = result;
    const code = this.#count(isMobulaError(error) ? error.code : "other");
    if (!isActorsEnd(error)) this.violate(`${id} has failed with ${code}: ${show(error)}`);
    else if (!killed && this.#deaths() === 0) this.violate(`${id} has failed with ${code}, though nothing has died: ${show(error)}`);
  }

  /** Of two actors that want the same name, one has it. */
  oneOfTwo(id: string, results: readonly Result[]): void {
    const taken = results.filter((result) => "error" in result && isMobulaError(result.error, "ACTOR_NAME_TAKEN"));
    const answered = results.filter((result) => "value" in result);
    if (taken.length !== 1 || answered.length !== 1) {
      this.violate(`${id}: of two actors of one name ${answered.length} live and ${taken.length} were refused: ${results.map(show).join("; ")}`);
    }
    this.#count("right");
    this.#count("ACTOR_NAME_TAKEN");
  }

  /** Why the error is no honest one; undefined when it may be. */
  #whyNot(id: string, error: unknown, excuses: Excuses): string | undefined {
    const { ledger, nodeDeaths } = this.#options;
    if (excuses.cancelled === true && isMobulaError(error, "TASK_CANCELLED")) return undefined;
    if (excuses.fails === true && isMobulaError(error, "TASK_ERROR")) {
      return String(error.message).includes(`${id} has failed`) ? undefined : "it never said that";
    }
    if (isMobulaError(error, "WORKER_CRASHED")) {
      if (excuses.retries < 0) return "it is to be tried again for ever";
      // Its own failures take retries, too.
      const runs = excuses.fails === true ? ledger.runs(id) : 0;
      return this.#deaths() + runs > excuses.retries ? undefined : `${this.#deaths()} have died and it has ${excuses.retries} retries`;
    }
    if (excuses.needsObjects === true && isLost(error)) {
      if (excuses.retries < 0 && (excuses.restarts ?? -1) < 0) return "it is to be made again for ever";
      return nodeDeaths() > 0 ? undefined : "no node has died";
    }
    if (excuses.restarts !== undefined && isActorsEnd(error)) {
      if (excuses.retries < 0 && excuses.restarts < 0) return "it is to be tried again for ever";
      return this.#deaths() > 0 ? undefined : "nothing has died";
    }
    if (excuses.nested === true && isMobulaError(error, "TASK_ERROR")) {
      if (excuses.retries < 0) return "those that it submits are to be tried again for ever";
      return this.#deaths() > 0 ? undefined : "nothing has died";
    }
    return `that is no error for it (${ledger.runs(id)} runs)`;
  }

  #deaths(): number {
    return this.#options.ledger.deaths + this.#options.nodeDeaths();
  }

  #count(code: string): string {
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
    return code;
  }
}

/** Also a task that was given a lost value has lost it. */
function isLost(error: unknown): boolean {
  return isMobulaError(error, "OBJECT_LOST") || isMobulaError(error, "OBJECT_RECONSTRUCTION_FAILED") || isMobulaError(error, "OWNER_DIED");
}

function isActorsEnd(error: unknown): boolean {
  return isMobulaError(error, "ACTOR_DIED") || isMobulaError(error, "ACTOR_UNAVAILABLE");
}

function show(what: unknown): string {
  if (what instanceof Error) return `${what.name}: ${what.message}`.slice(0, 400);
  if (what instanceof Uint8Array) return `${what.byteLength} bytes`;
  return JSON.stringify(what)?.slice(0, 400) ?? String(what);
}
