import { Ring } from "../kernel/mod.ts";
import type { PlaceId } from "../kernel/mod.ts";
import type { ArgumentForm } from "../tasks/mod.ts";

/** A call that has come to an actor. */
export interface MethodCall {
  readonly owner: PlaceId;
  /** The caller's record of the actor that it was made through. */
  readonly lane: number;
  /** Its number in the lane. */
  readonly order: number;
  readonly sequence: number;
  readonly method: string;
  readonly form: ArgumentForm;
  readonly data: unknown;
  readonly flags: number;
  readonly numReturns: number;
  readonly group: string | null;
  readonly backpressure: number;
  args: unknown[] | undefined;
}

/** The calls of one caller, in the order submitted. */
class Lane {
  next = 0;
  /** Calls that came ahead of their turn. */
  early: Map<number, MethodCall> | undefined;
  readonly queue: Ring<MethodCall> = new Ring(4);
  /** The first call's arguments are being fetched. */
  fetching = false;
}

/** Calls that may run at a time in one concurrency group. */
class Group {
  running = 0;
  readonly limit: number;
  readonly ready: Ring<MethodCall> = new Ring(4);

  constructor(limit: number) {
    this.limit = limit;
  }
}

export interface MailboxHooks {
  /** The arguments, at once or later. */
  args(call: MethodCall): unknown[] | Promise<unknown[]>;
  /** Begins a call whose turn it is; `done` frees its place. */
  start(call: MethodCall, done: () => void): void;
  /** The arguments could not be had: the call fails without running. */
  reject(call: MethodCall, error: unknown): void;
  group(call: MethodCall): string;
}

/**
 * The order of an actor's calls: those of one caller in the order submitted, whatever way they came; a call
 * whose arguments are not there yet holds back later calls of that caller only; in each concurrency group at
 * most so many at a time.
 */
export class ActorMailbox {
  readonly #hooks: MailboxHooks;
  readonly #limits: Readonly<Record<string, number>>;
  #lanes: Map<number, Lane> | undefined;
  readonly #groups: Map<string, Group> = new Map();
  #closed = false;

  /** `limits` by group; `""` is the default group. */
  constructor(limits: Readonly<Record<string, number>>, hooks: MailboxHooks) {
    this.#limits = limits;
    this.#hooks = hooks;
  }

  add(call: MethodCall): void {
    if (this.#closed) return;
    this.#lanes ??= new Map();
    const key = call.owner * 2 ** 20 + call.lane;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(key, lane);
    }
    if (call.order !== lane.next) {
      if (call.order > lane.next) (lane.early ??= new Map()).set(call.order, call);
      return;
    }
    lane.next++;
    lane.queue.push(call);
    while (lane.early !== undefined) {
      const following = lane.early.get(lane.next);
      if (following === undefined) break;
      lane.early.delete(lane.next++);
      lane.queue.push(following);
    }
    this.#advance(lane);
  }

  /** Takes out a call that has not begun. */
  remove(owner: PlaceId, sequence: number): MethodCall | undefined {
    const fits = (call: MethodCall): boolean => call.owner === owner && call.sequence === sequence;
    for (const group of this.#groups.values()) {
      const found = group.ready.remove(fits);
      if (found !== undefined) return found;
    }
    for (const lane of this.#lanes?.values() ?? []) {
      const first = lane.queue.peek();
      if (first === undefined || (lane.fetching && fits(first))) continue;
      const found = lane.queue.remove(fits);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** No call begins any more. */
  close(): void {
    this.#closed = true;
    this.#lanes = undefined;
    this.#groups.clear();
  }

  #advance(lane: Lane): void {
    while (!lane.fetching) {
      const call = lane.queue.peek();
      if (call === undefined) return;
      let args: unknown[] | Promise<unknown[]>;
      try {
        args = this.#hooks.args(call);
      } catch (error) {
        lane.queue.shift();
        this.#hooks.reject(call, error);
        continue;
      }
      if (args instanceof Promise) {
        lane.fetching = true;
        args.then(
          (ready) => this.#fetched(lane, call, ready),
          (error) => {
            lane.fetching = false;
            lane.queue.shift();
            if (this.#closed) return;
            this.#hooks.reject(call, error);
            this.#advance(lane);
          },
        );
        return;
      }
      lane.queue.shift();
      call.args = args;
      this.#ready(call);
    }
  }

  #fetched(lane: Lane, call: MethodCall, args: unknown[]): void {
    lane.fetching = false;
    lane.queue.shift();
    if (this.#closed) return;
    call.args = args;
    this.#ready(call);
    this.#advance(lane);
  }

  #ready(call: MethodCall): void {
    const name = this.#hooks.group(call);
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = new Group(this.#limits[name] ?? this.#limits[""] ?? 1);
      this.#groups.set(name, group);
    }
    group.ready.push(call);
    this.#run(group);
  }

  #run(group: Group): void {
    while (!this.#closed && group.running < group.limit) {
      const call = group.ready.shift();
      if (call === undefined) return;
      group.running++;
      let ended = false;
      this.#hooks.start(call, () => {
        if (ended) return;
        ended = true;
        group.running--;
        this.#run(group);
      });
    }
  }
}
