import { OUT_OF_ORDER } from "../contracts/mod.ts";
import type { PlaceId } from "../kernel/mod.ts";
import { Ring } from "../kernel/mod.ts";
import type { ArgumentForm } from "../tasks/mod.ts";
import { all, and, type Few, find, without } from "./few.ts";

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

/** The numbers of a lane below a bound, but for some. */
export interface SkippedNumbers {
  readonly owner: PlaceId;
  readonly lane: number;
  readonly below: number;
  readonly kept: readonly number[];
}

/** Calls that wait. Of most actors none does most of the time: then there is no queue. */
class Waiting {
  #calls: Ring<MethodCall> | undefined;

  get size(): number {
    return this.#calls?.size ?? 0;
  }

  push(call: MethodCall): void {
    this.#calls ??= new Ring(4);
    this.#calls.push(call);
  }

  putBack(call: MethodCall): void {
    this.#calls ??= new Ring(4);
    this.#calls.unshift(call);
  }

  shift(): MethodCall | undefined {
    const call = this.#calls?.shift();
    if (this.#calls?.size === 0) this.#calls = undefined;
    return call;
  }

  remove(fits: (call: MethodCall) => boolean): MethodCall | undefined {
    return this.#calls?.remove(fits);
  }
}

/** The calls made through one record of the actor, in the order submitted. */
class Lane extends Waiting {
  readonly key: number;
  readonly caller: CallerLanes;
  next = 0;
  /** Calls that came ahead of their turn; in place of one that was taken out stands nothing. */
  early: Map<number, MethodCall | undefined> | undefined;
  /** The first call, while its arguments are being fetched. */
  fetching: MethodCall | undefined;
  /** It goes with the last call that waits in it: it had one, which stands in no order, or its record is gone. */
  passing = false;

  constructor(key: number, caller: CallerLanes) {
    super();
    this.key = key;
    this.caller = caller;
  }
}

/** Calls of one caller that were taken out before they came, at most; what is forgotten runs, and its result is not looked at. */
const MAX_AHEAD = 1_000;

/** What one place has called. */
class CallerLanes {
  readonly key: PlaceId;
  lanes: Few<number, Lane>;
  /** Calls that were taken out before they came, the latest last: word of it may have come another way. */
  #takenAhead: Set<number> | undefined;

  constructor(key: PlaceId) {
    this.key = key;
  }

  lane(key: number): Lane {
    let lane = find(this.lanes, key);
    if (lane === undefined) this.lanes = and(this.lanes, (lane = new Lane(key, this)));
    return lane;
  }

  /** The call may be yet to come. Or it has ended: then this is forgotten when there are too many. */
  takeAhead(sequence: number): void {
    const taken = (this.#takenAhead ??= new Set());
    taken.add(sequence);
    if (taken.size > MAX_AHEAD) taken.delete(taken.values().next().value as number);
  }

  /** Whether the call, which has come now, had been taken out. */
  wasTaken(sequence: number): boolean {
    return this.#takenAhead?.delete(sequence) === true;
  }
}

/** Calls that may run at a time in one concurrency group; those that wait for it have their arguments. */
class Group extends Waiting {
  readonly key: string;
  readonly limit: number;
  running = 0;
  /** Calls are being begun, or are to be when the thread has looked at its messages. */
  busy = false;

  constructor(key: string, limit: number) {
    super();
    this.key = key;
    this.limit = limit;
  }
}

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
  #callers: Few<PlaceId, CallerLanes>;
  #groups: Few<string, Group>;
  #closed = false;

  constructor(owner: MailboxOwner) {
    this.#owner = owner;
  }

  add(call: MethodCall): void {
    if (this.#closed) return;
    const caller = this.#caller(call.owner);
    const lane = caller.lane(call.lane);
    const wanted = caller.wasTaken(call.sequence) ? undefined : call;
    if (call.order === OUT_OF_ORDER) lane.passing = true;
    else if (call.order !== lane.next) {
      if (call.order > lane.next) (lane.early ??= new Map()).set(call.order, wanted);
      return;
    }
    lane.next++;
    if (wanted !== undefined) {
      if (lane.fetching === undefined && lane.size === 0) this.#begin(lane, wanted);
      else lane.push(wanted);
    }
    this.#follow(lane);
  }

  /** Calls with these numbers do not come any more, and have been given up by their caller where they have come too early. */
  skip({ owner, lane: key, below, kept }: SkippedNumbers): void {
    if (this.#closed) return;
    const lane = this.#caller(owner).lane(key);
    const coming = new Set(kept);
    for (let order = lane.next; order < below; order++) if (!coming.has(order)) (lane.early ??= new Map()).set(order, undefined);
    this.#follow(lane);
  }

  /** Takes out a call that has not begun, or has yet to come; those behind it move up. */
  remove(owner: PlaceId, sequence: number): MethodCall | undefined {
    const fits = (call: MethodCall): boolean => call.owner === owner && call.sequence === sequence;
    for (const group of all(this.#groups)) {
      const found = group.remove(fits);
      if (found !== undefined) return found;
    }
    const caller = this.#caller(owner);
    for (const lane of all(caller.lanes)) {
      const { fetching } = lane;
      if (fetching !== undefined && fits(fetching)) {
        lane.fetching = undefined;
        this.#advance(lane);
        return fetching;
      }
      const found = lane.remove(fits);
      if (found !== undefined) return found;
      for (const early of lane.early?.values() ?? []) {
        if (early === undefined || !fits(early)) continue;
        lane.early?.set(early.order, undefined);
        return early;
      }
    }
    caller.takeAhead(sequence);
    return undefined;
  }

  /** Nothing more comes in this lane, and what has come has ended. */
  laneEnded(owner: PlaceId, key: number): void {
    const lane = find(find(this.#callers, owner)?.lanes, key);
    if (lane === undefined) return;
    lane.passing = true;
    this.#advance(lane);
  }

  /** These callers are gone: what waits of theirs is dropped, and so is what came ahead of calls that never will. */
  forget(isGone: (owner: PlaceId) => boolean): void {
    for (const caller of [...all(this.#callers)]) {
      if (!isGone(caller.key)) continue;
      for (const lane of all(caller.lanes)) lane.fetching = undefined;
      this.#callers = without(this.#callers, caller);
    }
    for (const group of all(this.#groups)) while (group.remove(({ owner }) => isGone(owner)) !== undefined);
  }

  /** No call begins any more. Returns those that wait, but for calls that came ahead of their turn and were taken out. */
  close(): MethodCall[] {
    this.#closed = true;
    const waiting: MethodCall[] = [];
    const take = (from: Waiting): void => {
      for (let call = from.shift(); call !== undefined; call = from.shift()) waiting.push(call);
    };
    for (const group of all(this.#groups)) take(group);
    for (const { lanes } of all(this.#callers)) {
      for (const lane of all(lanes)) {
        if (lane.fetching !== undefined) waiting.push(lane.fetching);
        take(lane);
        for (const call of lane.early?.values() ?? []) if (call !== undefined) waiting.push(call);
      }
    }
    this.#callers = undefined;
    this.#groups = undefined;
    return waiting;
  }

  /** Lanes that are kept for what may yet come. */
  get lanes(): number {
    let count = 0;
    for (const { lanes } of all(this.#callers)) for (const _ of all(lanes)) count++;
    return count;
  }

  /** Those that came ahead of their turn have it now, as far as none is missing. */
  #follow(lane: Lane): void {
    while (lane.early?.has(lane.next)) {
      const following = lane.early.get(lane.next);
      lane.early.delete(lane.next++);
      if (following !== undefined) lane.push(following);
    }
    this.#advance(lane);
  }

  #caller(place: PlaceId): CallerLanes {
    let caller = find(this.#callers, place);
    if (caller === undefined) this.#callers = and(this.#callers, (caller = new CallerLanes(place)));
    return caller;
  }

  #advance(lane: Lane): void {
    while (!this.#closed && lane.fetching === undefined) {
      const call = lane.shift();
      if (call === undefined) {
        if (lane.passing) lane.caller.lanes = without(lane.caller.lanes, lane);
        return;
      }
      this.#begin(lane, call);
    }
  }

  /** It is the first of its lane: it runs as soon as its arguments are there and its group has room. */
  #begin(lane: Lane, call: MethodCall): void {
    let args: unknown[] | Promise<unknown[]>;
    try {
      args = this.#owner.args(call);
    } catch (error) {
      this.#owner.reject(call, error);
      return;
    }
    if (args instanceof Promise) {
      lane.fetching = call;
      args.then(
        (ready) => this.#fetched(lane, call, () => this.#ready(call, ready)),
        (error) => this.#fetched(lane, call, () => this.#owner.reject(call, error)),
      );
    } else this.#ready(call, args);
  }

  #fetched(lane: Lane, call: MethodCall, settle: () => void): void {
    // Taken out meanwhile.
    if (this.#closed || lane.fetching !== call) return;
    lane.fetching = undefined;
    settle();
    this.#advance(lane);
  }

  #ready(call: MethodCall, args: unknown[]): void {
    call.args = args;
    const name = this.#owner.group(call);
    let group = find(this.#groups, name);
    if (group === undefined) this.#groups = and(this.#groups, (group = new Group(name, this.#owner.limit(name))));
    if (group.busy || group.running >= group.limit || group.size > 0) group.push(call);
    else {
      group.busy = true;
      if (!this.#mayRun(group)) {
        // Others may have come meanwhile.
        group.putBack(call);
        return;
      }
      this.#start(group, call);
      group.busy = false;
    }
    this.#run(group);
  }

  #run(group: Group): void {
    // A call that ends at once comes by here again: the loop takes the next, so that many cost no stack.
    if (group.busy) return;
    group.busy = true;
    while (!this.#closed && group.running < group.limit && group.size > 0) {
      if (!this.#mayRun(group)) return;
      this.#start(group, group.shift() as MethodCall);
    }
    group.busy = false;
  }

  /** If not, the group, which MUST be busy, stays so until its next call may begin. */
  #mayRun(group: Group): boolean {
    return this.#owner.mayRun(() => {
      group.busy = false;
      this.#run(group);
    });
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
