import { MemoryDisk, ObjectsActor, type TransferSettings } from "../../../actors/objects/mod.ts";
import type { Link } from "../../../net/mod.ts";
import { CallerOp, type ObjectsContract } from "../../../runtime/contracts/mod.ts";
import {
  ActorNumber,
  type Clock,
  type Delivery,
  type Envelope,
  Kernel,
  objectId,
  type PlaceId,
  placeId,
  serve,
  systemPlaceOf,
  type Told,
  toldContract,
} from "../../../runtime/kernel/mod.ts";
import { Accounting, Allocator } from "../../../runtime/memory/mod.ts";
import { Announcer } from "../../../runtime/references/mod.ts";
import { decodeValue, faultWire, PayloadKind, type PayloadWire } from "../../../runtime/values/mod.ts";
import { type Choice, firstFirst, LooseClock, SlowLink } from "./slow_links.ts";

export const KIB = 1024;
export const MIB: number = 1024 * 1024;

/** What came of an object that a place asked for. */
export type Got = { readonly wire: PayloadWire; readonly buffer: SharedArrayBuffer | undefined };

/** A large value, each of its bytes the same. */
export interface LabValue {
  readonly bytes: number;
  readonly fill?: number;
  readonly children?: readonly string[];
  readonly holder?: PlaceId;
}

/** A place with the caller's side reduced to its dealings with the object manager. */
export class LabPlace {
  readonly place: PlaceId;
  readonly kernel: Kernel;
  readonly manager: Told<ObjectsContract>;
  readonly announcer: Announcer;
  readonly allocator: Allocator;
  readonly got: Map<string, Got[]> = new Map();
  /** Hears of objects, and of what other places say at actor number 1. */
  onObject: (id: string, got: Got) => void = () => {};
  onMessage: (fields: unknown[], from: PlaceId) => void = () => {};
  #sequence = 1;

  constructor(place: PlaceId, gateway: Link, accounting: Accounting) {
    this.place = place;
    const system = systemPlaceOf(place);
    this.kernel = new Kernel({ place, faults: faultWire });
    this.kernel.connectGateway(system, gateway);
    this.manager = toldContract<ObjectsContract>(this.kernel, system, ActorNumber.objects);
    this.announcer = new Announcer(this.manager);
    this.allocator = new Allocator(accounting, {
      place: place - system,
      mayBlock: false,
      requestSpace: ({ pages, ticket }) => this.manager.needSpace(pages, this.kernel.attach(system, ticket)),
    });
    this.kernel.register(ActorNumber.caller, { receive: (envelope, delivery) => this.#receive(envelope, delivery) });
    this.kernel.register(ActorNumber.executor, { receive: (envelope, delivery) => this.onMessage(envelope.slice(1), delivery.from) });
  }

  nextId(): string {
    return objectId(this.place, this.#sequence++);
  }

  say(to: PlaceId, ...fields: unknown[]): void {
    this.kernel.send(to, [ActorNumber.executor, ...fields] as unknown as Envelope);
  }

  /** Takes in refs that another place has sent. */
  takes(ids: readonly string[], from: PlaceId): void {
    if (ids.length === 0 || systemPlaceOf(from) === systemPlaceOf(this.place)) return;
    this.announcer.hold(ids);
    this.manager.took(ids, from);
  }

  /** Seals `bytes` of `fill`. */
  seal(id: string, value: LabValue): void {
    this.#seal(id, this.allocator.allocate(value.bytes), value);
  }

  /** The same, when there is room. */
  async sealLater(id: string, value: LabValue): Promise<void> {
    this.#seal(id, await this.allocator.allocateAsync(value.bytes), value);
  }

  /** What came last of an object. */
  last(id: string): Got | undefined {
    return this.got.get(id)?.at(-1);
  }

  /** The error that came in the place of an object. */
  errorOf(id: string): Error | undefined {
    const wire = this.last(id)?.wire;
    return wire?.[0] === PayloadKind.fault ? (decodeValue(wire[1] as Uint8Array) as Error) : undefined;
  }

  #seal(id: string, buffer: SharedArrayBuffer, { bytes, fill = 1, children = [], holder = this.place }: LabValue): void {
    new Uint8Array(buffer, 0, bytes).fill(fill);
    const attachment = this.kernel.attach(systemPlaceOf(this.place), buffer);
    this.manager.seal(id, { attachment, slot: this.allocator.slotOf(buffer), size: bytes, children, holder });
  }

  #receive(envelope: Envelope, delivery: Delivery): void {
    if (envelope[1] !== CallerOp.object) return;
    const [, , id, wire] = envelope as unknown as [number, number, string, PayloadWire];
    const isMapped = wire[0] === PayloadKind.sealed && wire[1] !== undefined && wire[1] !== null;
    const got: Got = { wire, buffer: isMapped ? (delivery.attachments[wire[1] as number] as SharedArrayBuffer) : undefined };
    this.got.set(id, [...(this.got.get(id) ?? []), got]);
    this.onObject(id, got);
  }
}

export interface LabNode {
  readonly number: number;
  readonly system: PlaceId;
  readonly kernel: Kernel;
  readonly objects: ObjectsActor;
  readonly accounting: Accounting;
  readonly disk: MemoryDisk | undefined;
  readonly places: LabPlace[];
}

export interface ClusterOptions {
  nodes: number;
  placesPerNode?: number;
  capacity?: number;
  capacityOf?(node: number): number;
  transfer?: Partial<TransferSettings>;
  clock?: Clock;
  onActorReleased?(id: string): void;
  onLost?(id: string): boolean;
  spills?: boolean;
}

/** Nodes with their object managers and places, all in this thread, on links that wait for a word. */
export class Cluster {
  readonly nodes: LabNode[] = [];
  readonly links: SlowLink[] = [];
  readonly clock: Clock;
  readonly faults: unknown[] = [];
  readonly #lost: Set<number> = new Set();

  constructor(options: ClusterOptions) {
    this.clock = options.clock ?? new LooseClock();
    for (let number = 1; number <= options.nodes; number++) this.#add(number, options);
  }

  /** All places that are not lost. */
  get places(): LabPlace[] {
    return this.nodes.filter(({ number }) => !this.#lost.has(number)).flatMap(({ places }) => places);
  }

  node(number: number): LabNode {
    return this.nodes[number - 1] as LabNode;
  }

  place(node: number, index = 0): LabPlace {
    return this.node(node).places[index] as LabPlace;
  }

  /** Bytes attached to what one node has sent to others. */
  bytesSentBy(node: number): number {
    const system = this.node(node).system;
    return this.links.filter(({ from, to }) => from === system && systemPlaceOf(to) !== system).reduce((sum, link) => sum + link.attachedBytes, 0);
  }

  /** Delivers one frame. `false` if there is none. */
  async step(choose: Choice = firstFirst): Promise<boolean> {
    await this.rest();
    const link = choose(this.links.filter((each) => each.waiting > 0));
    if (link === undefined) return false;
    link.deliver();
    await this.rest();
    return true;
  }

  /** Delivers all, until nothing is on its way. */
  async settle(choose: Choice = firstFirst): Promise<void> {
    for (let steps = 0; ; steps++) {
      if (steps > 1_000_000) throw new Error("The links never came to rest.");
      if (!(await this.step(choose)) && !(await this.#stir())) return;
    }
  }

  /** Delivers until `condition` holds. */
  async until(condition: () => boolean, choose: Choice = firstFirst): Promise<void> {
    for (let steps = 0; !condition(); steps++) {
      if (steps > 100_000) throw new Error("The condition never came true.");
      if (!(await this.step(choose))) await this.#stir();
    }
  }

  /** As `settle`, with all timers going off. */
  async exhaust(choose: Choice = firstFirst): Promise<void> {
    const { clock } = this;
    do {
      await this.settle(choose);
      if (clock instanceof LooseClock) while (clock.due.size > 0) clock.fire(0);
      await this.rest();
    } while (this.links.some((link) => link.waiting > 0) || (clock instanceof LooseClock && clock.due.size > 0));
  }

  /** The link from one node's manager to another's. */
  linkBetween(from: number, to: number): SlowLink {
    const [source, target] = [this.node(from).system, this.node(to).system];
    const link = this.links.find((each) => each.from === source && each.to === target);
    if (link === undefined) throw new Error(`Node ${from} has said nothing to node ${to} yet.`);
    return link;
  }

  /** Lets what has been begun in this turn come to its end. */
  async rest(): Promise<void> {
    for (let i = 0; i < 12; i++) await Promise.resolve();
    if (this.faults.length > 0) throw this.faults[0];
  }

  /** Delivers what a node's places and its manager have sent, and nothing to them. */
  async drain(number: number): Promise<void> {
    const { system } = this.node(number);
    const isWithin = (place: PlaceId): boolean => systemPlaceOf(place) === system;
    const outward = (link: SlowLink): boolean => isWithin(link.from) && (link.from !== system || !isWithin(link.to));
    const choose: Choice = (ready) => ready.find(outward);
    while (await this.step(choose));
  }

  /** The node dies: nothing comes from it or gets there any more. The others have yet to be told. */
  kill(number: number): void {
    const { system } = this.node(number);
    this.#lost.add(number);
    for (const link of this.links) if (systemPlaceOf(link.from) === system || systemPlaceOf(link.to) === system) link.cut = true;
  }

  tellLost(number: number, to: number): void {
    const { system } = this.node(number);
    this.node(to).kernel.disconnectNode(number, new Error("The node is lost."));
    this.node(to).objects.nodeLost(system);
  }

  /** Bytes attached to what is on its way to a node from others. */
  bytesOnTheWayTo(number: number): number {
    const { system } = this.node(number);
    return this.links.filter(({ from, to }) => to === system && systemPlaceOf(from) !== system).reduce((sum, link) => sum + link.bytesOnTheWay, 0);
  }

  sizes(number: number): Record<string, number> {
    const caller = { from: this.node(number).system, attachments: [] };
    return this.node(number).objects.figures(caller, false).sizes;
  }

  /** Disks and other macrotasks have a turn: whether something is on its way after it. */
  async #stir(): Promise<boolean> {
    for (let turn = 0; turn < 3; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      await this.rest();
      if (this.links.some((link) => link.waiting > 0)) return true;
    }
    return false;
  }

  #add(number: number, options: ClusterOptions): void {
    const system = placeId(number, 0);
    const outgoing = new Map<number, SlowLink>();
    const onFault = (error: unknown): void => void this.faults.push(error);
    const kernel: Kernel = new Kernel({
      place: system,
      faults: faultWire,
      onFault,
      route: (to) => {
        let link = outgoing.get(to);
        if (link === undefined) {
          link = this.#link({ from: system, to: placeId(to, 0), copies: true }, () => this.node(to).kernel);
          if (this.#lost.has(to)) link.cut = true;
          outgoing.set(to, link);
        }
        return link;
      },
    });
    const accounting = Accounting.create(options.capacityOf?.(number) ?? options.capacity ?? 16 * MIB);
    const disk = options.spills === true ? new MemoryDisk() : undefined;
    const objects = new ObjectsActor({
      kernel,
      clock: this.clock,
      accounting,
      disk,
      onActorReleased: (id) => options.onActorReleased?.(id),
      ...(options.onLost === undefined ? {} : { owners: { lost: options.onLost, released: () => {} } }),
      transfer: options.transfer ?? {},
    });
    kernel.register(ActorNumber.objects, serve(kernel, objects));
    const places: LabPlace[] = [];
    for (let slot = 1; slot <= (options.placesPerNode ?? 1); slot++) {
      const place = placeId(number, slot);
      const up = this.#link({ from: place, to: system, copies: false }, () => kernel);
      const made = new LabPlace(place, up, accounting);
      kernel.connect(
        place,
        this.#link({ from: system, to: place, copies: false }, () => made.kernel),
      );
      places.push(made);
    }
    this.nodes.push({ number, system, kernel, objects, accounting, disk, places });
  }

  #link(ends: { from: PlaceId; to: PlaceId; copies: boolean }, target: () => Kernel): SlowLink {
    const link = new SlowLink(ends, target);
    this.links.push(link);
    return link;
  }
}

/** An object of node 3, which its owner has let go of; the place of node 1 holds it. */
export async function passedOn(cluster: Cluster): Promise<string> {
  const [owner, holder] = [cluster.place(3), cluster.place(1)];
  const id = owner.nextId();
  owner.manager.store(id, [PayloadKind.bytes, new Uint8Array(8), 8]);
  owner.manager.holdFor([id], holder.place);
  holder.takes([id], owner.place);
  await cluster.exhaust();
  owner.announcer.drop([id]);
  await cluster.exhaust();
  return id;
}
