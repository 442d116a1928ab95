import { type Encoded, seal, sealedByteLength, unseal } from "../../net/mod.ts";
import type { ObjectsContract } from "../contracts/mod.ts";
import { ActorNumber, type Kernel, type ObjectId, type PlaceId, type Told, toldContract } from "../kernel/mod.ts";
import { LocalReferences } from "../references/mod.ts";
import {
  barePayload,
  bytesPayload,
  contextOf,
  decodeValue,
  encodeValue,
  faultPayload,
  isPrimitive,
  type Payload,
  PayloadKind,
  payloadToWire,
  sealedPayload,
} from "../values/mod.ts";
import { Entry } from "./entry.ts";

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
  /** The buffer of object `id` may be viewed here from now on, until the collector finds it unused. */
  mapped(id: ObjectId, buffer: SharedArrayBuffer): void;
}

/** A value made ready to be kept or sent. */
export interface Packed {
  readonly payload: Payload;
  readonly pins: readonly object[] | undefined;
}

/** This place's dealings with values: turning them into payloads and back, and with the node's object manager. */
export class ObjectClient {
  readonly manager: Told<ObjectsContract>;
  readonly references: LocalReferences<Entry>;
  readonly #kernel: Kernel;
  readonly #system: PlaceId;
  readonly #buffers: BufferSource;
  #toAsk: ObjectId[] = [];
  /** Entries whose value is on its way: those who wait hang on them, and nothing else may. */
  readonly #wanted: Map<ObjectId, Entry> = new Map();

  constructor(kernel: Kernel, system: PlaceId, buffers: BufferSource) {
    this.#kernel = kernel;
    this.#system = system;
    this.#buffers = buffers;
    this.manager = toldContract<ObjectsContract>(kernel, system, ActorNumber.objects);
    this.references = new LocalReferences<Entry>(this.manager);
  }

  /** Encodes a value; a large one goes to the object manager under `id`, held by `holder`. */
  pack(value: unknown, id: () => ObjectId, holder: PlaceId): Packed {
    if (isPrimitive(value)) return { payload: barePayload(value), pins: undefined };
    const context = contextOf();
    const encoded = encodeValue(value, context);
    const children = context.met.length === 0 ? undefined : context.met.map((met) => met.id);
    if (encoded.segments.length === 0 && encoded.bytes.byteLength < SHARING_THRESHOLD) {
      return { payload: bytesPayload(encoded.bytes, children), pins: children && context.met };
    }
    const size = this.#seal(encoded, id(), children ?? [], holder);
    return { payload: sealedPayload(size, children), pins: children && context.met };
  }

  packFault(error: unknown): Payload {
    return faultPayload(encodeValue(error, contextOf()).bytes);
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
    entry.observed = true;
    if (entry.shared) return;
    this.#track(entry);
    if (entry.payload !== undefined) this.manager.store(entry.id, payloadToWire(entry.payload));
    else this.manager.expect(entry.id);
  }

  /** A sealed value is known to the object manager from the start. */
  trackSealed(entry: Entry): void {
    if (!entry.shared) this.#track(entry);
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
    entry.onLastDisposed = () => this.references.release(id, entry);
    this.references.track(id, entry, held);
    return entry;
  }

  /** Sees to it that the value, or the buffer of a sealed one, comes here. */
  want(entry: Entry): void {
    if (entry.wanted) return;
    entry.wanted = true;
    this.#wanted.set(entry.id, entry);
    if (this.#toAsk.length === 0) queueMicrotask(() => this.manager.want(this.#toAsk.splice(0)));
    this.#toAsk.push(entry.id);
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
    } else entry.settle(payload);
  }

  #track(entry: Entry): void {
    entry.shared = true;
    entry.onLastDisposed = () => {
      if (entry.task === undefined) this.references.release(entry.id, entry);
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
