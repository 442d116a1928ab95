import { OUT_OF_ORDER } from "../contracts/mod.ts";
import type { PlaceId } from "../kernel/mod.ts";
import { Ring } from "../kernel/mod.ts";
import type { ArgumentForm } from "../tasks/mod.ts";

/** A call that has come to an actor. */
export interface MethodCall {
  readonly owner: PlaceId;
  /** The caller's record of the actor that it was made through. */
  readonly lane: number;
  /** Its number in the lane, or `OUT_OF_ORDER`. */
  readonly order: number;
  readonly sequence: number;
  readonly method: string;
  readonly form: ArgumentForm;
  readonly data: unknown;
  readonly flags: number;
  readonly numReturns: number;
  readonly group: string | null;
  readonly backpressure: number;
  /** What it retries, where the call itself says so. */
  readonly retryExceptions: boolean | readonly string[] | undefined;
  args: unknown[] | undefined;
}

/** The calls of one caller, in the order submitted. */
class Lane {
  next = 0;
  /** Calls that came ahead of their turn; in place of one that was taken out stands nothing. */
  early: Map<number, MethodCall | undefined> | undefined;
  readonly queue: Ring<MethodCall> = new Ring(4);
  /** The first call, while its arguments are being fetched. */
  fetching: MethodCall | undefined;
  /** Called when the one call that was in it is there no more. */
  onEmpty: (() => void) | undefined;
}

/** Calls that may run at a time in one concurrency group. */
class Group {
  running = 0;
  /** Calls are being begun, or are to be when the thread has looked at its messages. */
  busy = false;
  readonly limit: number;
  readonly ready: Ring<MethodCall> = new Ring(4);

  constructor(limit: number) {
    this.limit = limit;
  }
}

/** Calls that were taken out before they came, at most; what is forgotten runs, and its result is not looked at. */
const MAX_AHEAD = 1_000;

/** What a mailbox is for; of very many light actors each has one, so it is the actor itself. */
export interface MailboxOwner {
  /** The arguments, at once or later. */
  args(call: MethodCall): unknown[] | Promise<unknown[]>;
  /** Begins a call whose turn it is; `done` frees its place. */
  start(call: MethodCall, done: () => void): void;
  /** The arguments could not be had: the call fails without running. */
  reject(call: MethodCall, error: unknown): void;
  /** The concurrency group that it runs in; `""` is the default one. */
  group(call: MethodCall): string;
  /** How many calls of a group may run at a time. */
  limit(group: string): number;
  /** Whether the next call may begin in this turn; if not, `resume` is called in a later one. */
  mayRun(resume: () => void): boolean;
}

/**
 * The order of an actor's calls: those of one caller in the order submitted, whatever way they came; a call
 * whose arguments are not there yet holds back later calls of that caller only; in each concurrency group at
 * most so many at a time.
 */
export class ActorMailbox {
  readonly #owner: MailboxOwner;
  readonly #lanes: Map<number, Lane> = new Map();
  readonly #groups: Map<string, Group> = new Map();
  /** Calls that were taken out before they came: word of it may have come another way. */
  #takenAhead: Set<string> | undefined;
  #closed = false;

  constructor(owner: MailboxOwner) {
    this.#owner = owner;
  }

  add(call: MethodCall): void {
    if (this.#closed) return;
    const key = call.owner * 2 ** 20 + call.lane;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(key, lane);
    }
    const wanted = this.#takenAhead?.delete(`${call.owner}.${call.sequence}`) === true ? undefined : call;
    if (call.order === OUT_OF_ORDER) lane.onEmpty = () => void this.#lanes.delete(key);
    else if (call.order !== lane.next) {
      if (call.order > lane.next) (lane.early ??= new Map()).set(call.order, wanted);
      return;
    }
    lane.next++;
    if (wanted !== undefined) lane.queue.push(wanted);
    while (lane.early?.has(lane.next)) {
      const following = lane.early.get(lane.next);
      lane.early.delete(lane.next++);
      if (following !== undefined) lane.queue.push(following);
    }
    this.#advance(lane);
  }

  /** Takes out a call that has not begun, or has yet to come; those behind it move up. */
  remove(owner: PlaceId, sequence: number): MethodCall | undefined {
    const fits = (call: MethodCall): boolean => call.owner === owner && call.sequence === sequence;
    for (const group of this.#groups.values()) {
      const found = group.ready.remove(fits);
      if (found !== undefined) return found;
    }
    for (const lane of this.#lanes.values()) {
      const found = lane.queue.remove(fits);
      if (found !== undefined) {
        if (lane.fetching === found) lane.fetching = undefined;
        this.#advance(lane);
        return found;
      }
      for (const early of lane.early?.values() ?? []) {
        if (early === undefined || !fits(early)) continue;
        lane.early?.set(early.order, undefined);
        return early;
      }
    }
    this.#takenAhead ??= new Set();
    if (this.#takenAhead.size < MAX_AHEAD) this.#takenAhead.add(`${owner}.${sequence}`);
    return undefined;
  }

  /** No call begins any more. Returns those that wait, but for calls that came ahead of their turn and were taken out. */
  close(): MethodCall[] {
    this.#closed = true;
    const waiting: MethodCall[] = [];
    const take = (queue: Ring<MethodCall>): void => {
      for (let call = queue.shift(); call !== undefined; call = queue.shift()) waiting.push(call);
    };
    for (const { ready } of this.#groups.values()) take(ready);
    for (const { queue, early } of this.#lanes.values()) {
      take(queue);
      for (const call of early?.values() ?? []) if (call !== undefined) waiting.push(call);
    }
    this.#lanes.clear();
    this.#groups.clear();
    return waiting;
  }

  #advance(lane: Lane): void {
    while (!this.#closed && lane.fetching === undefined) {
      const call = lane.queue.peek();
      if (call === undefined) {
        lane.onEmpty?.();
        return;
      }
      let args: unknown[] | Promise<unknown[]>;
      try {
        args = this.#owner.args(call);
      } catch (error) {
        lane.queue.shift();
        this.#owner.reject(call, error);
        continue;
      }
      if (args instanceof Promise) {
        lane.fetching = call;
        args.then(
          (ready) => this.#fetched(lane, call, () => this.#ready(call, ready)),
          (error) => this.#fetched(lane, call, () => this.#owner.reject(call, error)),
        );
        return;
      }
      lane.queue.shift();
      this.#ready(call, args);
    }
  }

  #fetched(lane: Lane, call: MethodCall, settle: () => void): void {
    // Taken out meanwhile.
    if (this.#closed || lane.fetching !== call) return;
    lane.fetching = undefined;
    lane.queue.shift();
    settle();
    this.#advance(lane);
  }

  #ready(call: MethodCall, args: unknown[]): void {
    call.args = args;
    const name = this.#owner.group(call);
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = new Group(this.#owner.limit(name));
      this.#groups.set(name, group);
    }
    group.ready.push(call);
    this.#run(group);
  }

  #run(group: Group): void {
    // A call that ends at once comes by here again: the loop takes the next, so that many cost no stack.
    if (group.busy) return;
    group.busy = true;
    while (!this.#closed && group.running < group.limit && group.ready.size > 0) {
      const resume = (): void => {
        group.busy = false;
        this.#run(group);
      };
      if (!this.#owner.mayRun(resume)) return;
      this.#start(group, group.ready.shift() as MethodCall);
    }
    group.busy = false;
  }

  #start(group: Group, call: MethodCall): void {
    group.running++;
    let ended = false;
    this.#owner.start(call, () => {
      if (ended) return;
      ended = true;
      group.running--;
      this.#run(group);
    });
  }
}
