import type { Caller } from "../caller/mod.ts";
import { CallerOp, TaskFlag } from "../contracts/mod.ts";
import { isMobulaError, TaskError } from "../errors/mod.ts";
import { ActorNumber, type Clock, objectId, type PlaceId, taskId, workerId } from "../kernel/mod.ts";
import { encodeWhole, type Payload, PayloadKind, type PayloadWire, payloadToWire } from "../values/mod.ts";

/** Whom a result is for. */
export interface ReplyTo {
  readonly owner: PlaceId;
  readonly sequence: number;
  readonly flags: number;
  readonly name: string;
  readonly nodeId: string;
  readonly actorId?: string | undefined;
}

/** Sends results to the owners of the calls that ran here. */
export class Replies {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  get clock(): Clock {
    return this.#caller.clock;
  }

  /** What a call has returned, `count` results of it; a fault if that cannot travel. */
  returned(to: ReplyTo, value: unknown, count: number): void {
    try {
      if (count === 1) this.#value(to, value);
      else this.#values(to, value, count);
    } catch (error) {
      this.failure(to, error, false);
    }
  }

  #value(to: ReplyTo, value: unknown): void {
    const [kind, data, size, children] = this.#pack(to, value, to.sequence);
    this.#announce(to.owner);
    const { kernel } = this.#caller;
    if (children === undefined) kernel.send(to.owner, [ActorNumber.caller, CallerOp.result, to.sequence, kind, data, size]);
    else kernel.send(to.owner, [ActorNumber.caller, CallerOp.result, to.sequence, kind, data, size, children]);
  }

  /** A fault says so when the function did not return as many. */
  #values(to: ReplyTo, values: unknown, count: number): void {
    if (count === 0) {
      this.#value(to, undefined);
      return;
    }
    if (!Array.isArray(values) || values.length !== count) {
      const got = Array.isArray(values) ? `an array of ${values.length}` : typeof values;
      this.failure(to, new TypeError(`numReturns is ${count}, so the function must return an array of ${count} values; it returned ${got}`), false);
      return;
    }
    const wires = values.map((value, index) => this.#pack(to, value, to.sequence + index));
    this.#announce(to.owner);
    this.#caller.kernel.send(to.owner, [ActorNumber.caller, CallerOp.results, to.sequence, wires]);
  }

  /** The call did not run, for what it needs has failed: that failure, as it is, becomes its own. */
  passOn(to: ReplyTo, error: unknown): void {
    if (isMobulaError(error)) this.#sendFailure(to, this.#packFault(to, error), false);
    else this.failure(to, error, false);
  }

  item(to: ReplyTo, index: number, value: unknown): void {
    const id = `${objectId(to.owner, to.sequence)}.${index}`;
    const { payload } = this.#caller.objects.pack(value, () => id, to.owner);
    this.#lend(to, payload);
    this.#announce(to.owner);
    this.#caller.kernel.send(to.owner, [ActorNumber.caller, CallerOp.item, to.sequence, index, payloadToWire(payload)]);
  }

  /** A generator's failure is its last item. */
  itemFailure(to: ReplyTo, index: number, error: unknown): void {
    const fault = this.#fault(to, error);
    this.#announce(to.owner);
    this.#caller.kernel.send(to.owner, [ActorNumber.caller, CallerOp.item, to.sequence, index, payloadToWire(fault)]);
  }

  itemsEnd(to: ReplyTo, count: number): void {
    this.#announce(to.owner);
    this.#caller.kernel.send(to.owner, [ActorNumber.caller, CallerOp.itemsEnd, to.sequence, count]);
  }

  /** The call threw. `retryable`: it asked for a retry on errors like this one. */
  failure(to: ReplyTo, error: unknown, retryable: boolean): void {
    this.#sendFailure(to, this.#fault(to, error), retryable);
  }

  #sendFailure(to: ReplyTo, fault: Payload, retryable: boolean): void {
    this.#announce(to.owner);
    this.#caller.kernel.send(to.owner, [ActorNumber.caller, CallerOp.failed, to.sequence, payloadToWire(fault), retryable]);
    if ((to.flags & TaskFlag.shared) !== 0 && !retryable) {
      this.#caller.objects.manager.resolve(objectId(to.owner, to.sequence), payloadToWire(fault));
    }
  }

  #pack(to: ReplyTo, value: unknown, sequence: number): PayloadWire {
    const { objects } = this.#caller;
    const { payload } = objects.pack(value, () => objectId(to.owner, sequence), to.owner);
    this.#lend(to, payload);
    const wire = payloadToWire(payload);
    if ((to.flags & TaskFlag.shared) !== 0 && payload.kind !== PayloadKind.sealed) {
      objects.manager.resolve(objectId(to.owner, sequence), wire);
    }
    return wire;
  }

  /** What the value refers to is held by its owner from now on, before this place may drop it. */
  #lend(to: ReplyTo, payload: Payload): void {
    if (payload.children.length > 0 && to.owner !== this.#caller.place) {
      this.#caller.objects.manager.holdFor(payload.children, to.owner);
    } else if (payload.children.length > 0) this.#caller.objects.announcer.hold(payload.children);
  }

  /**
   * Tells the object manager what the call has kept, before its owner hears that it has ended and drops it, and
   * the owner that this was told.
   */
  #announce(owner: PlaceId): void {
    const { objects, actors, kernel, place } = this.#caller;
    objects.references.flush();
    actors.references.flush();
    if (owner === place) return;
    const count = objects.announcer.newsFor(owner);
    if (count !== undefined) kernel.send(owner, [ActorNumber.caller, CallerOp.announced, count]);
  }

  #fault(to: ReplyTo, error: unknown): Payload {
    const { place } = this.#caller;
    const fields = {
      functionName: to.name,
      taskId: taskId(to.owner, to.sequence),
      nodeId: to.nodeId,
      workerId: workerId(place),
      ...(to.actorId === undefined ? {} : { actorId: to.actorId }),
    };
    return packOrPlain(error, (cause) => this.#packFault(to, new TaskError({ ...fields, cause })));
  }

  #packFault(to: ReplyTo, error: unknown): Payload {
    const fault = this.#caller.objects.packFault(error);
    this.#lend(to, fault);
    return fault;
  }

  /** An error that is told to the control store. */
  packError(error: unknown): Uint8Array {
    return packOrPlain(error, encodeWhole);
  }
}

/** Of an error with a field that cannot travel, its text can. */
function packOrPlain<T>(error: unknown, pack: (error: unknown) => T): T {
  try {
    return pack(error);
  } catch (reason) {
    return pack(plainOf(error, reason));
  }
}

function plainOf(error: unknown, reason: unknown): Error {
  try {
    const text = error instanceof Error ? error : new Error(String(error));
    const plain = new Error(text.message, {
      cause: new Error(`the original error could not travel: ${(reason as Error).message}`),
    });
    plain.name = text.name;
    plain.stack = text.stack ?? "";
    return plain;
  } catch {
    // As with a proxy whose traps throw.
    return new Error("what was thrown cannot be read");
  }
}
