import { type Encoded, seal, sealedByteLength, unseal } from "../../net/mod.ts";
import type { ObjectsContract } from "../contracts/mod.ts";
import { ObjectFreedError } from "../errors/mod.ts";
import {
  ActorNumber,
  type Clock,
  type Kernel,
  type ObjectId,
  type PlaceId,
  type Remote,
  remoteContract,
  systemPlaceOf,
  type Told,
  toldContract,
} from "../kernel/mod.ts";
import { Announcer, LocalReferences, type Pin } from "../references/mod.ts";
import {
  barePayload,
  bytesPayload,
  contextOf,
  decodeValue,
  encodeValue,
  encodeWhole,
  faultPayload,
  isPrimitive,
  type Payload,
  PayloadKind,
  payloadToWire,
  sealedPayload,
  type TravelContext,
} from "../values/mod.ts";
import { Entry } from "./entry.ts";
import { Linger } from "./linger.ts";
import { fetchOutcome } from "./outcome.ts";

/** Values of at least this many bytes go into shared memory; smaller ones travel with messages. Ray's figure. */
export const SHARING_THRESHOLD: number = 100 * 1024;

/** Shared buffers for new large values, and news of views that are gone; the thread's part of the store. */
export interface BufferSource {
  /** A buffer of at least `bytes`; may block this thread while the store makes room. Throws when there is none. */
  allocate(bytes: number): SharedArrayBuffer;
  /** The buffer's slot in the store's account. */
  slotOf(buffer: SharedArrayBuffer): number;
  /** Collects garbage and tells of views that are gone. */
  collect(): void;
  /** Lets go of buffers that the store has taken back. */
  sweep(): void;
  /** So many bytes that were allocated here have been let go of by hand: no need to collect for their sake. */
  released(bytes: number): void;
  /** The buffer of object `id` may be viewed here from now on, until the collector finds it unused. */
  mapped(id: ObjectId, buffer: SharedArrayBuffer): void;
}

/** A value made ready to be kept or sent. */
export interface Packed {
  readonly payload: Payload;
  /** What the value refers to, each held once for it. */
  readonly pins: readonly Pin[] | undefined;
}

/** This place's dealings with values: turning them into payloads and back, and with the node's object manager. */
export class ObjectClient {
  readonly manager: Told<ObjectsContract>;
  readonly #asked: Remote<ObjectsContract>;
  readonly references: LocalReferences<Entry>;
  /** What this place holds, told in an order that others can rely on. */
  readonly announcer: Announcer;
  readonly #linger: Linger;
  readonly #kernel: Kernel;
  readonly #system: PlaceId;
  readonly #buffers: BufferSource;
  #toAsk: ObjectId[] = [];
  /** Entries whose value is on its way: those who wait hang on them, and nothing else may. */
  readonly #wanted: Map<ObjectId, Entry> = new Map();

  constructor(kernel: Kernel, system: PlaceId, options: { buffers: BufferSource; clock: Clock }) {
    this.#kernel = kernel;
    this.#system = system;
    this.#buffers = options.buffers;
    this.#linger = new Linger(options.clock);
    this.manager = toldContract<ObjectsContract>(kernel, system, ActorNumber.objects);
    this.#asked = remoteContract<ObjectsContract>(kernel, system, ActorNumber.objects);
    this.announcer = new Announcer(this.manager);
    this.references = new LocalReferences<Entry>(this.announcer);
  }

  /** Encodes a value; a large one goes to the object manager under `id`, held by `holder`. */
  pack(value: unknown, id: () => ObjectId, holder: PlaceId): Packed {
    if (isPrimitive(value)) return { payload: barePayload(value), pins: undefined };
    const context = contextOf();
    return this.packEncoded({ encoded: encodeValue(value, context), context }, id, holder);
  }

  /** As `pack`, for a value that was encoded already. */
  packEncoded({ encoded, context }: { encoded: Encoded; context: TravelContext }, id: () => ObjectId, holder: PlaceId): Packed {
    const pins = context.met.length === 0 ? undefined : context.met;
    const children = pins?.map((met) => met.id);
    const payload = isLarge(encoded)
      ? sealedPayload(this.#seal(encoded, id(), children ?? [], holder), children)
      : bytesPayload(encoded.bytes, children);
    return { payload, pins };
  }

  /**
   * The value of an object that a call takes as an argument; rejects with the error that stands in its place.
   * Whoever gets the value holds what it refers to; the object itself is let go of soon.
   */
  async fetchArgument(id: ObjectId): Promise<unknown> {
    const entry = this.adopt(id, false);
    entry.hold();
    try {
      return await fetchOutcome(entry, this);
    } finally {
      this.#linger.keep(entry);
    }
  }

  /** Lets go of all that nobody here needs. */
  collect(): void {
    this.#linger.flush();
    this.references.flush();
    this.#buffers.collect();
  }

  sweep(): void {
    this.#buffers.sweep();
  }

  /** Drops the values wherever they are; whoever asks for them gets the error. */
  free(entries: readonly Entry[]): void {
    const shared: ObjectId[] = [];
    for (const entry of entries) entry.assertCurrent();
    for (const entry of entries) {
      if (entry.shared) shared.push(entry.id);
      entry.freed = true;
      this.#drop(entry, this.packFault(new ObjectFreedError({ objectId: entry.id })));
    }
    if (shared.length === 0) return;
    this.references.flush();
    this.manager.free(shared);
  }

  packFault(error: unknown): Payload {
    const context = contextOf();
    const bytes = encodeWhole(error, context);
    return faultPayload(
      bytes,
      context.met.map(({ id }) => id),
    );
  }

  /** The value of a payload; for a sealed one its buffer must be at hand. A fault is returned, not thrown. */
  unpack(payload: Payload, buffer?: SharedArrayBuffer): unknown {
    if (payload.kind === PayloadKind.bare) return payload.data;
    if (payload.kind !== PayloadKind.sealed) return decodeValue(payload.data as Uint8Array);
    const { bytes, segments } = unseal(buffer as SharedArrayBuffer, payload.size);
    return decodeValue(bytes, segments);
  }

  /** Makes an object known beyond this thread, before a ref to it leaves. */
  share(entry: Entry): void {
    entry.assertCurrent();
    entry.observed = true;
    if (entry.shared) return;
    this.#track(entry);
    if (entry.payload !== undefined) this.manager.store(entry.id, payloadToWire(entry.payload));
    else this.manager.expect(entry.id);
  }

  /** A sealed value is known to the object manager from the start, which counts this place for it. */
  trackSealed(entry: Entry): void {
    // It was shared before there was a value: then this place was counted already.
    if (entry.shared) this.references.giveBack(entry.id);
    else this.#track(entry);
  }

  /** The entry of an object that was made elsewhere, or came back. `held`: the sender has counted this place. */
  adopt(id: ObjectId, held: boolean): Entry {
    const known = this.references.find(id);
    if (known !== undefined) {
      if (held) this.references.giveBack(id);
      return known;
    }
    const entry = new Entry(-1, -1, id);
    entry.shared = true;
    entry.observed = true;
    entry.onUnused = () => this.references.release(id, entry);
    this.references.track(id, entry, held);
    return entry;
  }

  /** Resolves when what was wanted so far has come, as far as it is on this node. */
  async caughtUp(): Promise<void> {
    // What is wanted is asked for at the end of the turn.
    await Promise.resolve();
    await this.#asked.sent();
  }

  /** Resolves when all that this place holds by now is known where it is counted. */
  async known(): Promise<void> {
    await this.#asked.known();
  }

  /** Refs have come from another place, perhaps of another node, whose manager has had them held here for this place. */
  took(ids: readonly string[], from: PlaceId): void {
    if (ids.length === 0 || systemPlaceOf(from) === this.#system) return;
    this.announcer.hold(ids);
    this.manager.took(ids, from);
  }

  /** Sees to it that the value, or the buffer of a sealed one, comes here. */
  want(entry: Entry): void {
    this.#wanted.set(entry.id, entry);
    if (entry.wanted) return;
    entry.wanted = true;
    if (this.#toAsk.length === 0) queueMicrotask(() => this.manager.want(this.#toAsk.splice(0)));
    this.#toAsk.push(entry.id);
  }

  /** Sees to it that news of the value comes here once there is one: a small one whole, of a large one that it is there. */
  wantState(entry: Entry): void {
    this.#wanted.set(entry.id, entry);
    if (entry.wanted) return;
    entry.wanted = true;
    this.manager.wantState([entry.id]);
  }

  /** Somebody waits no more: what nobody waits for goes with its refs, and what comes of it is for those. */
  givenUp(entry: Entry): void {
    if (entry.wanted && !entry.isAwaited) this.#wanted.delete(entry.id);
  }

  /** An object that was wanted has come. */
  arrived(id: ObjectId, payload: Payload, buffer: SharedArrayBuffer | undefined): void {
    const entry = this.#wanted.get(id) ?? this.references.find(id);
    this.#wanted.delete(id);
    if (entry === undefined) {
      // Nobody here wants it any more; the manager must not count this place as a viewer.
      if (buffer !== undefined) this.manager.unmapped([id]);
      return;
    }
    entry.wanted = false;
    if (buffer !== undefined) {
      this.#buffers.mapped(id, buffer);
      entry.payload = payload;
      entry.arrived(buffer);
    } else if (payload.kind === PayloadKind.fault) this.#drop(entry, payload);
    else entry.settle(payload);
  }

  /** How many of what is kept here. */
  sizes(): Record<string, number> {
    return { objects: this.references.size, wanted: this.#wanted.size };
  }

  /** An error in the place of a value, perhaps of one that was here. */
  #drop(entry: Entry, fault: Payload): void {
    entry.unpin();
    entry.view = undefined;
    entry.settle(fault);
  }

  #track(entry: Entry): void {
    entry.shared = true;
    entry.onUnused = () => {
      this.references.release(entry.id, entry);
      if (entry.payload?.kind === PayloadKind.sealed) this.#buffers.released(entry.payload.size);
    };
    this.references.track(entry.id, entry, true);
  }

  #seal(encoded: Encoded, id: ObjectId, children: readonly string[], holder: PlaceId): number {
    const size = sealedByteLength(encoded);
    const buffer = this.#buffers.allocate(size);
    seal(encoded, buffer);
    const attachment = this.#kernel.attach(this.#system, buffer);
    this.manager.seal(id, { attachment, slot: this.#buffers.slotOf(buffer), size, children, holder });
    return size;
  }
}

/** Whether a value goes into shared memory. */
export function isLarge(encoded: Encoded): boolean {
  return encoded.segments.length > 0 || encoded.bytes.byteLength >= SHARING_THRESHOLD;
}
