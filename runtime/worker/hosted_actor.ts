import type { Caller } from "../caller/mod.ts";
import { runInCall } from "../context/mod.ts";
import { isRetryable } from "../options/mod.ts";
import type { ActorId } from "../kernel/mod.ts";
import type { ActorTemplate } from "../tasks/mod.ts";
import { ActorMailbox, type MethodCall } from "./actor_mailbox.ts";
import { decodeArguments } from "./argument_decoder.ts";
import { produceItems } from "./generator_run.ts";
import type { PlaceIdentity } from "./identity.ts";
import type { Replies, ReplyTo } from "./replies.ts";
import { RunningCall } from "./running_call.ts";

/** Thrown by `exitActor()` to leave the method it is called in. */
export class ActorExit extends Error {
  override readonly name = "ActorExit";

  constructor() {
    super("exitActor() was called: the actor has ended");
  }
}

export interface HostedActorOptions {
  id: ActorId;
  incarnation: number;
  name: string | undefined;
  namespace: string;
  template: ActorTemplate;
  caller: Caller;
  replies: Replies;
  identity: PlaceIdentity;
  nextRun(): number;
  /** The actor has ended by itself. */
  onExit(): void;
}

interface Running {
  readonly call: RunningCall;
  consumed: ((count: number) => void) | undefined;
}

/** One user's actor at the place where it lives: its instance, its mailbox and its running calls. */
export class HostedActor {
  readonly id: ActorId;
  readonly incarnation: number;
  readonly #options: HostedActorOptions;
  readonly #mailbox: ActorMailbox;
  readonly #running: Map<string, Running> = new Map();
  #instance: object | undefined;
  #ended = false;

  constructor(options: HostedActorOptions) {
    this.id = options.id;
    this.incarnation = options.incarnation;
    this.#options = options;
    const { maxConcurrency, concurrencyGroups } = options.template.options;
    this.#mailbox = new ActorMailbox({ ...concurrencyGroups, "": maxConcurrency }, {
      args: (call) => decodeArguments(call.form, call.data, options.caller),
      start: (call, done) => this.#start(call, done),
      reject: (call, error) => options.replies.failure(this.#replyTo(call), error, false),
      group: (call) => call.group ?? options.template.options.methods[call.method]?.concurrencyGroup ?? "",
    });
  }

  /** Runs the constructor, as part of a call that belongs to the actor. */
  construct(create: () => object): void {
    this.#instance = runInCall(this.#context(undefined), create);
  }

  add(call: MethodCall): void {
    if (!this.#ended) this.#mailbox.add(call);
  }

  /** True when the call was found here: dropped if it waits, signalled if it runs. */
  cancel(owner: number, sequence: number, reason: unknown): RunningCall | true | undefined {
    const running = this.#running.get(`${owner}.${sequence}`);
    if (running !== undefined) {
      running.call.cancel(reason);
      return running.call;
    }
    return this.#mailbox.remove(owner, sequence) === undefined ? undefined : true;
  }

  consumed(owner: number, sequence: number, count: number): void {
    this.#running.get(`${owner}.${sequence}`)?.consumed?.(count);
  }

  /** Ends the actor: running calls are told through their signal, waiting ones are dropped unanswered. */
  stop(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#mailbox.close();
    for (const { call } of this.#running.values()) call.cancel(reason);
    this.#instance = undefined;
  }

  #start(call: MethodCall, done: () => void): void {
    const to = this.#replyTo(call);
    const { replies } = this.#options;
    const context = this.#context(call);
    const key = `${call.owner}.${call.sequence}`;
    const running: Running = { call: context, consumed: undefined };
    const end = (): void => {
      context.end();
      this.#running.delete(key);
      done();
    };
    const fail = (error: unknown): void => {
      if (error instanceof ActorExit) {
        end();
        this.#exit();
        return;
      }
      const options = this.#options.template.options;
      const retry = options.methods[call.method]?.retryExceptions ?? options.retryExceptions;
      replies.failure(to, error, !context.cancelled && isRetryable(error, retry));
      end();
    };
    const succeed = (value: unknown): void => {
      if (this.#ended) return;
      try {
        if (call.numReturns === 1) replies.value(to, value);
        else replies.values(to, value, call.numReturns);
      } catch (error) {
        replies.failure(to, error, false);
      }
      end();
    };
    let result: unknown;
    try {
      result = runInCall(context, () => this.#invoke(call));
    } catch (error) {
      fail(error);
      return;
    }
    if (call.numReturns < 0) {
      this.#running.set(key, running);
      const run = produceItems(result, { to, call: context, replies, backpressure: call.backpressure });
      running.consumed = run.consumed;
      void run.ended.then(end);
    } else if (typeof (result as PromiseLike<unknown> | undefined)?.then === "function") {
      this.#running.set(key, running);
      (result as PromiseLike<unknown>).then(succeed, fail);
    } else succeed(result);
  }

  #invoke(call: MethodCall): unknown {
    const instance = this.#instance as Record<string, unknown>;
    if (call.method === "__ready__") return true;
    const method = call.method in Object.prototype ? undefined : instance[call.method];
    if (typeof method !== "function") {
      const className = this.#options.template.name;
      throw new TypeError(`actor class ${className} has no method "${call.method}"; its methods are: ${methodNames(instance).join(", ") || "none"}`);
    }
    return method.apply(instance, call.args ?? []);
  }

  #exit(): void {
    if (this.#ended) return;
    this.stop(new ActorExit());
    this.#options.onExit();
  }

  #context(call: MethodCall | undefined): RunningCall {
    const { template, identity, namespace, name } = this.#options;
    return new RunningCall({
      run: this.#options.nextRun(),
      owner: call?.owner ?? template.owner,
      sequence: call?.sequence ?? 0,
      name: `${template.name}.${call?.method ?? "constructor"}`,
      attempt: ((call?.flags ?? 0) & 2) !== 0 ? 1 : 0,
      resources: template.options.resources as Record<string, number>,
      runtimeEnv: (template.options.runtimeEnv as Record<string, unknown> | undefined) ?? {},
      namespace,
      jobId: identity.jobId,
      actorId: this.id,
      actorName: name,
      reconstructed: this.incarnation > 0,
    });
  }

  #replyTo(call: MethodCall): ReplyTo {
    const { template, identity } = this.#options;
    return { owner: call.owner, sequence: call.sequence, flags: call.flags, name: `${template.name}.${call.method}`, nodeId: identity.nodeId, actorId: this.id };
  }
}

function methodNames(instance: object): string[] {
  const names = new Set<string>();
  for (let at = Object.getPrototypeOf(instance); at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) if (name !== "constructor") names.add(name);
  }
  return [...names];
}
