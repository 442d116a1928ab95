import { isActorId, type ObjectId, objectId, type PlaceId } from "../kernel/mod.ts";
import type { Pin } from "../references/mod.ts";
import { type Payload, PayloadKind, type PayloadWire, payloadFromWire, payloadToWire } from "../values/mod.ts";
import type { ActorClient } from "./actor_client.ts";
import { Entry } from "./entry.ts";
import type { ItemStream } from "./item_stream.ts";
import type { Lineage } from "./lineage.ts";
import type { ObjectClient } from "./object_client.ts";

/** What one submitted call gives its caller. Of a generator the one entry is that of its end. */
export interface Submitted {
  readonly entries: readonly Entry[];
  readonly stream: ItemStream | undefined;
}

/** The refs of a call that was submitted, as far as ending it goes. */
interface Awaited {
  /** None for a generator. */
  readonly entries: readonly Entry[];
  readonly stream: ItemStream | undefined;
}

/** Puts results where their refs are: values, failures, items of generators. */
export class Outcomes {
  readonly #place: PlaceId;
  readonly #objects: ObjectClient;
  readonly #actors: ActorClient;
  readonly #lineage: Lineage;
  readonly #onUnobserved: ((fault: Payload, name: string) => void) | undefined;

  constructor(options: {
    place: PlaceId;
    objects: ObjectClient;
    actors: ActorClient;
    lineage: Lineage;
    onUnobserved: ((fault: Payload, name: string) => void) | undefined;
  }) {
    this.#place = options.place;
    this.#objects = options.objects;
    this.#actors = options.actors;
    this.#lineage = options.lineage;
    this.#onUnobserved = options.onUnobserved;
  }

  settle(entry: Entry, payload: Payload): void {
    entry.task = undefined;
    if (entry.freed) {
      this.discard(entry.id, payload);
      return;
    }
    if (payload.children.length > 0) entry.pins = this.#childrenOf(payload);
    if (payload.kind === PayloadKind.sealed) this.#objects.trackSealed(entry);
    else if (entry.shared) this.#objects.manager.resolve(entry.id, payloadToWire(payload));
    entry.settle(payload);
    entry.dropIfUnused();
  }

  /** Gives back what was counted for this place with a value that nobody wants. `isKnown`: it was there before, and was not counted again. */
  discard(id: string, payload: Payload, { isKnown = false }: { isKnown?: boolean } = {}): void {
    if (payload.kind !== PayloadKind.fault) this.#giveBack(payload);
    if (payload.kind === PayloadKind.sealed && !isKnown) this.#objects.manager.discarded([id]);
  }

  /** A result of a task or call that has ended, as one that did not hear that it was cancelled. An earlier attempt may have given it before. */
  tooLate(id: ObjectId, payload: Payload): void {
    const isHeld = this.#objects.references.find(id)?.payload?.kind === PayloadKind.sealed;
    this.discard(id, payload, { isKnown: isHeld || this.#lineage.find(id)?.held.has(id) === true });
  }

  settleAll(entries: readonly Entry[], wires: readonly PayloadWire[]): void {
    for (let i = 0; i < entries.length; i++) this.settle(entries[i] as Entry, payloadFromWire(wires[i] as PayloadWire));
  }

  /** A fault has been taken in, for as many refs as there were: they hold what it refers to, for which its sender has counted this place. */
  tookIn(fault: Payload): void {
    this.#giveBack(fault);
  }

  /** The call has failed: all of its refs do, and a failure that nobody is there to see is reported. */
  fail(call: Awaited, fault: Payload, name: string): void {
    let observed = false;
    for (const entry of call.entries) {
      // Of a generator that ran again, and had given it before it failed.
      if (entry.ready && entry.task === undefined) continue;
      this.settle(entry, fault);
      observed ||= entry.observed;
    }
    if (call.stream !== undefined) {
      const { stream } = call;
      const last = this.#itemEntry(stream.completion.sequence, stream.received());
      last.payload = fault;
      last.pins = this.#childrenOf(fault);
      stream.fail(last);
      this.settle(stream.completion, fault);
    } else if (!observed && call.entries.length > 0) this.#reportLater(call.entries, fault, name);
  }

  /** A call whose arguments have failed fails without being submitted. */
  failAtOnce(fault: Payload, refs: { entries: Entry[]; stream: ItemStream | undefined }, name: string): Submitted {
    const { entries, stream } = refs;
    this.fail({ entries: stream === undefined ? entries : [], stream }, fault, name);
    return { entries, stream };
  }

  /** `isKnown`: it came before, and somebody holds it. */
  item(stream: ItemStream, item: { sequence: number; index: number; wire: PayloadWire; isKnown: boolean }): void {
    const { isKnown } = item;
    const payload = payloadFromWire(item.wire);
    const entry = this.#itemEntry(item.sequence, item.index);
    if (!stream.wants(item.index)) {
      this.discard(entry.id, payload, { isKnown });
      stream.tellConsumed();
      return;
    }
    this.settle(entry, payload);
    if (payload.kind === PayloadKind.fault) stream.failure = payload;
    stream.add(item.index, entry);
  }

  /** A generator has come to its end. */
  complete(stream: ItemStream): void {
    this.settle(stream.completion, stream.failure ?? DONE);
  }

  /** An item with one handle, the stream's. */
  #itemEntry(sequence: number, index: number): Entry {
    const entry = new Entry(this.#place, sequence, `${objectId(this.#place, sequence)}.${index}`);
    entry.observed = true;
    entry.handles = 1;
    return entry;
  }

  /**
   * What a value refers to, held: its sender has counted this place among the holders. A fault may stand for several refs,
   * or none: each holds for itself, and what was counted is given back by whoever took it in.
   */
  #childrenOf(payload: Payload): Pin[] {
    return payload.children.map((id) => this.#held(id, payload.kind !== PayloadKind.fault));
  }

  #giveBack({ children }: Payload): void {
    for (const id of children) this.#held(id, true).letGo();
  }

  #held(id: string, isCounted: boolean): Pin {
    const child: Pin = isActorId(id) ? this.#actors.adoptInside(id, isCounted) : this.#objects.adopt(id, isCounted);
    child.hold();
    return child;
  }

  /** Nobody has looked yet; whoever has not by the end of the program never will. */
  #reportLater(entries: readonly Entry[], fault: Payload, name: string): void {
    if (this.#unobserved.length >= MAX_UNOBSERVED)
      this.#unobserved = this.#unobserved.filter(({ entries }) => !entries.some((entry) => entry.observed));
    if (this.#unobserved.length < MAX_UNOBSERVED) this.#unobserved.push({ entries, fault, name });
  }

  #unobserved: { entries: readonly Entry[]; fault: Payload; name: string }[] = [];

  /** Tells of the failures that nobody has looked at. */
  reportUnobserved(): void {
    for (const { entries, fault, name } of this.#unobserved.splice(0)) {
      if (!entries.some((entry) => entry.observed)) this.#onUnobserved?.(fault, name);
    }
  }
}

/** Failures that are kept to be told of at the end; there are rarely more that differ. */
const MAX_UNOBSERVED = 100;

const NO_CHILDREN: readonly string[] = [];
const DONE: Payload = { kind: PayloadKind.bare, data: undefined, size: 0, children: NO_CHILDREN };
