import type { Caller } from "../caller/mod.ts";
import { runInCall } from "../context/mod.ts";
import { ATTEMPT_SHIFT, CallerOp } from "../contracts/mod.ts";
import { type ActorId, ActorNumber, type PlaceId } from "../kernel/mod.ts";
import { isRetryable } from "../options/mod.ts";
import type { ActorTemplate } from "../tasks/mod.ts";
import { ActorMailbox, type MailboxOwner, type MethodCall, type SkippedNumbers } from "./actor_mailbox.ts";
import { decodeArguments } from "./argument_decoder.ts";
import { collectItems, isGeneratorObject, produceItems } from "./generator_run.ts";
import type { PlaceIdentity } from "./identity.ts";
import { promiseOf } from "./promise_of.ts";
import type { Replies, ReplyTo } from "./replies.ts";
import { RunningCall } from "./running_call.ts";
import type { Loaded } from "./template_cache.ts";
import type { Turns } from "./turns.ts";
import { keyOf } from "./worker_lease.ts";

/** Thrown by `exitActor()` to leave the method it is called in. */
export class ActorExit extends Error {
  override readonly name = "ActorExit";

  constructor() {
    super("exitActor() was called: the actor has ended");
  }
}

/** What all the actors of a place share. */
export interface ActorHome {
  readonly caller: Caller;
  readonly replies: Replies;
  readonly identity: PlaceIdentity;
  readonly turns: Turns;
  nextRun(): number;
  /** The actor has ended by itself. */
  exited(actor: HostedActor): void;
  /** The actor was asked to leave, and nothing runs in it any more. */
  vacated(actor: HostedActor): void;
}

interface Running {
  readonly call: RunningCall;
  consumed: ((count: number) => void) | undefined;
}

/**
 * One user's actor at the place where it lives: its instance, its mailbox and its running calls. There may be a
 * hundred thousand in a thread, most of them at rest: what only calls need is made by the first call.
 */
export class HostedActor implements MailboxOwner {
  readonly id: ActorId;
  readonly incarnation: number;
  readonly #acceleratorIds: readonly string[] | undefined;
  readonly #loaded: Loaded<ActorTemplate>;
  readonly #home: ActorHome;
  #mailbox: ActorMailbox | undefined;
  #running: Map<string, Running> | undefined;
  #instance: object | undefined;
  #ended = false;
  #leaving = false;
  #busy = 0;

  constructor(
    who: { id: ActorId; incarnation: number; acceleratorIds?: readonly string[] | undefined },
    loaded: Loaded<ActorTemplate>,
    home: ActorHome,
  ) {
    this.id = who.id;
    this.incarnation = who.incarnation;
    this.#acceleratorIds = who.acceleratorIds;
    this.#loaded = loaded;
    this.#home = home;
  }

  /** Runs the constructor, as part of a call that belongs to the actor. */
  construct(create: () => object): void {
    this.#instance = runInCall(this.#context(undefined), create);
  }

  add(call: MethodCall): void {
    if (this.#ended) return;
    if (this.#leaving) {
      this.#sendBack([call]);
      return;
    }
    this.#mailbox ??= new ActorMailbox(this);
    this.#mailbox.add(call);
  }

  skip(numbers: SkippedNumbers): void {
    if (this.#ended || this.#leaving) return;
    this.#mailbox ??= new ActorMailbox(this);
    this.#mailbox.skip(numbers);
  }

  /**
   * Drops a call that waits, and signals one that runs: what that has submitted is stopped before, and once, so that
   * what it submits to clean up goes on.
   */
  cancel(owner: PlaceId, sequence: number, { reason, stopChildren }: { reason: unknown; stopChildren: ((run: number) => void) | undefined }): void {
    const running = this.#running?.get(keyOf({ owner, sequence }));
    if (running === undefined) {
      // Also of a call that is yet to come.
      this.#mailbox ??= new ActorMailbox(this);
      this.#mailbox.remove(owner, sequence);
      return;
    }
    if (!running.call.cancelled) stopChildren?.(running.call.run);
    running.call.cancel(reason);
  }

  /** False when the call is not one of this actor's. */
  consumed(owner: PlaceId, sequence: number, count: number): boolean {
    const running = this.#running?.get(keyOf({ owner, sequence }));
    running?.consumed?.(count);
    return running !== undefined;
  }

  laneEnded(owner: PlaceId, lane: number): void {
    this.#mailbox?.laneEnded(owner, lane);
  }

  /** Nobody waits any more for what these places have called: what waits is dropped, what runs is told by its signal. */
  ownerLost(isGone: (owner: PlaceId) => boolean, reason: unknown): void {
    this.#mailbox?.forget(isGone);
    for (const { call } of this.#running?.values() ?? []) if (isGone(call.owner)) call.cancel(reason);
  }

  /** Ends the actor: running calls are told through their signal, waiting ones are dropped unanswered. */
  stop(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#mailbox?.close();
    for (const { call } of this.#running?.values() ?? []) call.cancel(reason);
    this.#instance = undefined;
  }

  /** Begins nothing more; those whose calls wait hear that they have not begun. */
  vacate(): void {
    if (this.#ended || this.#leaving) return;
    this.#leaving = true;
    this.#sendBack(this.#mailbox?.close() ?? []);
    if (this.#busy === 0) this.#home.vacated(this);
  }

  args(call: MethodCall): unknown[] | Promise<unknown[]> {
    return decodeArguments(call.form, call.data, this.#home.caller);
  }

  reject(call: MethodCall, error: unknown): void {
    this.#home.replies.passOn(this.#replyTo(call), error);
  }

  group(call: MethodCall): string {
    return call.group ?? this.#stated(call)?.concurrencyGroup ?? "";
  }

  limit(group: string): number {
    const { concurrencyGroups, maxConcurrency } = this.#loaded.template.options;
    return Object.hasOwn(concurrencyGroups, group) ? (concurrencyGroups[group] as number) : maxConcurrency;
  }

  mayRun(resume: () => void): boolean {
    return this.#home.turns.take(resume);
  }

  start(call: MethodCall, done: () => void): void {
    const { replies } = this.#home;
    const to = this.#replyTo(call);
    const context = this.#context(call);
    this.#busy++;
    const end = (): void => {
      this.#busy--;
      if (this.#leaving && this.#busy === 0 && !this.#ended) this.#home.vacated(this);
      context.end();
      if (tracked) this.#running?.delete(keyOf(call));
      done();
    };
    const retries = (error: unknown): boolean => isRetryable(error, this.#retryExceptions(call));
    const fail = (error: unknown): void => {
      if (error instanceof ActorExit) this.#exit();
      else if (!this.#ended && !context.cancelled) replies.failure(to, error, retries(error));
      end();
    };
    const succeed = (value: unknown): void => {
      if (!this.#ended && !context.cancelled) replies.returned(to, value, call.numReturns);
      end();
    };
    // Most calls end where they begin: nobody can ask for them meanwhile.
    let tracked = false;
    const track = (): Running => {
      tracked = true;
      const running: Running = { call: context, consumed: undefined };
      this.#running ??= new Map();
      this.#running.set(keyOf(call), running);
      return running;
    };
    let result: unknown;
    let promise: Promise<unknown> | undefined;
    try {
      result = runInCall(context, () => this.#invoke(call));
      if (call.numReturns > 1 && isGeneratorObject(result)) result = runInCall(context, () => collectItems(result));
      if (call.numReturns >= 0) promise = promiseOf(result);
    } catch (error) {
      fail(error);
      return;
    }
    if (call.numReturns < 0) {
      const running = track();
      const run = produceItems(result, {
        to,
        call: context,
        replies,
        backpressure: call.backpressure,
        isRetryable: retries,
        leaves: (error) => {
          if (error instanceof ActorExit) this.#exit();
          return this.#ended;
        },
      });
      running.consumed = run.consumed;
      void run.ended.then(end);
    } else if (promise !== undefined) {
      track();
      promise.then(succeed, fail);
    } else succeed(result);
  }

  #sendBack(calls: readonly MethodCall[]): void {
    const byOwner = Map.groupBy(calls, ({ owner }) => owner);
    for (const [owner, own] of byOwner) {
      const sequences = own.map(({ sequence }) => sequence);
      this.#home.caller.kernel.send(owner, [ActorNumber.caller, CallerOp.unbegun, this.incarnation, sequences]);
    }
  }

  #invoke(call: MethodCall): unknown {
    const instance = this.#instance as Record<string, unknown>;
    if (call.method === "__ready__") return true;
    if (!isMethod(instance, call.method)) {
      const { name } = this.#loaded.template;
      throw new TypeError(`actor class ${name} has no method "${call.method}"; its methods are: ${methodNames(instance).join(", ") || "none"}`);
    }
    return (instance[call.method] as (...args: unknown[]) => unknown)(...(call.args ?? []));
  }

  #exit(): void {
    if (this.#ended) return;
    this.stop(new ActorExit());
    this.#home.exited(this);
  }

  #stated(call: MethodCall): ActorTemplate["options"]["methods"][string] | undefined {
    const { methods } = this.#loaded.template.options;
    return Object.hasOwn(methods, call.method) ? methods[call.method] : undefined;
  }

  #retryExceptions(call: MethodCall): boolean | readonly string[] {
    return call.retryExceptions ?? this.#stated(call)?.retryExceptions ?? this.#loaded.template.options.retryExceptions;
  }

  #context(call: MethodCall | undefined): RunningCall {
    const { template, resources, runtimeEnv } = this.#loaded;
    return new RunningCall({
      run: this.#home.nextRun(),
      owner: call?.owner ?? template.owner,
      sequence: call?.sequence ?? 0,
      name: `${template.name}.${call?.method ?? "constructor"}`,
      attempt: (call?.flags ?? 0) >> ATTEMPT_SHIFT,
      resources,
      acceleratorIds: this.#acceleratorIds,
      runtimeEnv,
      namespace: template.namespace,
      jobId: template.jobId,
      actorId: this.id,
      actorName: template.options.name,
      reconstructed: this.incarnation > 0,
      strategy: template.options.schedulingStrategy,
    });
  }

  #replyTo(call: MethodCall): ReplyTo {
    const { owner, sequence, flags, method } = call;
    return {
      owner,
      sequence,
      flags,
      name: `${this.#loaded.template.name}.${method}`,
      nodeId: this.#home.identity.nodeId,
      actorId: this.id,
    };
  }
}

/** Functions of its class and of those it extends, and fields that hold functions. Getters are not looked into. */
function isMethod(instance: object, name: string): boolean {
  return classMethods(instance).has(name) || typeof Object.getOwnPropertyDescriptor(instance, name)?.value === "function";
}

function methodNames(instance: object): string[] {
  return [...classMethods(instance), ...Object.getOwnPropertyNames(instance).filter((name) => isMethod(instance, name))];
}

const methodsByPrototype: WeakMap<object, ReadonlySet<string>> = new WeakMap();

function classMethods(instance: object): ReadonlySet<string> {
  const prototype = Object.getPrototypeOf(instance) as object;
  const known = methodsByPrototype.get(prototype);
  if (known !== undefined) return known;
  const names = new Set<string>();
  for (let at = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) if (typeof value === "function") names.add(name);
  }
  names.delete("constructor");
  methodsByPrototype.set(prototype, names);
  return names;
}
