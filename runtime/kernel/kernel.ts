import type { Attachment, Frame, Link, Slice } from "../../net/mod.ts";
import { decodeBatch, encodeBatch, releaseFrame } from "../../net/mod.ts";
import { Asks } from "./asks.ts";
import { type Actor, ActorNumber, type Delivery, type Envelope } from "./envelope.ts";
import { GoneNodes } from "./gone_nodes.ts";
import { HEAD_PLACE, mayBeHead, type NodeNumber, nodeOf, type PlaceId } from "./ids.ts";
import { Outbox } from "./outbox.ts";
import type { ContractShapes } from "./shape.ts";

/** How errors cross: the kernel carries them, another room knows their classes. */
export interface FaultWire {
  toWire(error: unknown): unknown;
  fromWire(wire: unknown): unknown;
}

export interface KernelOptions {
  place: PlaceId;
  /** A second name of this place: what is sent to it arrives here. */
  alias?: PlaceId | undefined;
  faults: FaultWire;
  /** What the methods of the actors here take; see `serve`. Default: nothing is checked. */
  shapes?: ContractShapes;
  /** A place without a link of its own is spoken to for the first time. */
  onUnlinked?: (place: PlaceId) => void;
  /** The node's system worker hands over the end of a link to another place. */
  onLink?: (place: PlaceId, port: MessagePort) => void;
  /** In a system worker: the link to another node. */
  route?: (node: NodeNumber) => Link | undefined;
  /** Whoever was at a place that can be taken over is another now: what it was told is to be told again. */
  onSuccessor?: (place: PlaceId) => void;
  /**
   * Called for an actor's uncaught error, and for a forwarded frame that cannot be read, with the place that sent it; the
   * kernel itself goes on. Default: it is thrown, as nobody is told of it else.
   */
  onFault?: (error: unknown, from: PlaceId) => void;
}

/**
 * The actors of one place and its ways to others.
 *
 * Envelopes sent in one turn leave together, one frame a destination, at the turn's end (or at `flush`).
 * A destination without a link of its own is reached through the gateway (the node's system worker), which
 * forwards frames unread; order between two places is therefore kept only as long as the route does not
 * change, and protocols that need order number their messages.
 */
export class Kernel {
  readonly place: PlaceId;
  readonly shapes: ContractShapes | undefined;
  readonly #alias: PlaceId;
  readonly #onSuccessor: ((place: PlaceId) => void) | undefined;
  readonly #faults: FaultWire;
  readonly #onUnlinked: ((place: PlaceId) => void) | undefined;
  readonly #onLink: ((place: PlaceId, port: MessagePort) => void) | undefined;
  readonly #route: ((node: NodeNumber) => Link | undefined) | undefined;
  readonly #onFault: (error: unknown, from: PlaceId) => void;
  readonly #actors: (Actor | undefined)[] = [];
  readonly #outboxes: Map<PlaceId, Outbox> = new Map();
  readonly #links: Map<PlaceId, Link> = new Map();
  readonly #asks: Asks = new Asks();
  readonly #goneNodes: GoneNodes = new GoneNodes();
  #dirty: Outbox[] = [];
  /** Envelopes pushed since anything was last sent. */
  #unsent = 0;
  #flushing = false;
  #gateway: Link | undefined;
  #gatewayPlace: PlaceId = -1;
  readonly #loopback: LocalOutbox;
  /** For all places of nodes that are gone. */
  readonly #nowhere: Outbox = new Outbox(-1, -1, UNREACHABLE);

  constructor(options: KernelOptions) {
    this.place = options.place;
    this.#alias = options.alias ?? options.place;
    this.#onSuccessor = options.onSuccessor;
    this.shapes = options.shapes;
    this.#faults = options.faults;
    this.#onUnlinked = options.onUnlinked;
    this.#onLink = options.onLink;
    this.#route = options.route;
    this.#onFault =
      options.onFault ??
      ((error) =>
        queueMicrotask(() => {
          throw error;
        }));
    this.#loopback = new LocalOutbox((envelopes, attachments) => {
      const delivery = { from: this.place, attachments };
      for (const envelope of envelopes) this.#deliver(envelope, delivery);
    });
    this.#actors[ActorNumber.kernel] = { receive: (envelope, delivery) => this.#receiveOwn(envelope, delivery) };
  }

  /** Gives the actor a number at this place. */
  register(number: number, actor: Actor): void {
    this.#actors[number] = actor;
  }

  /** A link of its own to `place`; used at once for all that follows. */
  connect(place: PlaceId, link: Link): void {
    this.#links.set(place, link);
    this.#outboxes.get(place)?.reroute(link);
  }

  /** The link for every place that has none of its own. */
  connectGateway(place: PlaceId, link: Link): void {
    this.#gateway = link;
    this.#gatewayPlace = place;
    this.connect(place, link);
  }

  /** Forgets a place: its link is closed and every question to it fails with `error`. */
  disconnect(place: PlaceId, error?: unknown): void {
    this.#links.get(place)?.close();
    this.#links.delete(place);
    this.#outboxes.delete(place);
    this.#asks.abandon(error ?? new Error(`place ${place} is gone`), place);
  }

  /** Forgets all places of a node that is gone: every question to them fails with `error`, also those that come later. */
  disconnectNode(node: NodeNumber, error: unknown): void {
    this.#goneNodes.add(node, error);
    for (const place of [...this.#outboxes.keys()]) if (nodeOf(place) === node) this.disconnect(place, error);
  }

  /** Questions of this place that have no answer yet. */
  get openAsks(): number {
    return this.#asks.size;
  }

  hasLink(place: PlaceId): boolean {
    return this.#links.has(place) || this.isAt(place);
  }

  /** Whether what is sent to `place` arrives here. */
  isAt(place: PlaceId): boolean {
    return place === this.place || place === this.#alias;
  }

  /**
   * Another has taken the place of whoever was at `place`: asks it the questions that have no answer, in their order, as
   * the one before may not have heard them, or has died before it answered.
   */
  succeeded(place: PlaceId): void {
    for (const envelope of this.#asks.kept(place)) this.send(place, envelope);
    this.#onSuccessor?.(place);
  }

  send(to: PlaceId, envelope: Envelope): void {
    this.#outbox(to).push(envelope);
    this.#unsent++;
    if (!this.#flushing) {
      this.#flushing = true;
      queueMicrotask(this.#flushSoon);
    }
  }

  /** Sends shared memory or a port beside the next envelope to `to`; returns the index that names it there. */
  attach(to: PlaceId, attachment: Attachment): number {
    return this.#outbox(to).attach(attachment);
  }

  /** Sends a part of a large value in a frame of its own, which may overtake others and be overtaken. */
  sendApart(to: PlaceId, envelope: Envelope, part: Slice): void {
    this.#linkTo(to).send({ to, from: this.place, bytes: encodeBatch([envelope]), attachments: [part] });
  }

  /** Sends a question; rejects with the error that the other side answered, or when that place is forgotten. */
  ask(to: PlaceId, actor: number, method: string, ...args: unknown[]): Promise<unknown> {
    if (this.#goneNodes.has(nodeOf(to))) return Promise.reject(this.#goneNodes.errorOf(nodeOf(to)));
    const { request, answer } = this.#asks.open(to);
    const envelope: Envelope = [actor, method, request, ...args];
    if (to === HEAD_PLACE) this.#asks.keep(request, envelope);
    this.send(to, envelope);
    return answer;
  }

  /** Sends now what waits, the gateway's last word first so that what others are told is already known there. */
  flush(): void {
    this.#unsent = 0;
    while (this.#dirty.length > 0) {
      const dirty = this.#dirty;
      this.#dirty = [];
      if (dirty.length > 1) this.#outboxes.get(this.#gatewayPlace)?.flush();
      for (const outbox of dirty) outbox.flush();
    }
  }

  /**
   * Sends what waits if it is much: a turn that says very much does not gather it all, and whom it is for begins
   * meanwhile. Only between two calls, when all is said that belongs together. This place itself hears at the turn's end.
   */
  flushIfMuch(): void {
    if (this.#unsent < MUCH) return;
    const own = this.#dirty.includes(this.#loopback);
    this.#dirty = this.#dirty.filter((outbox) => outbox !== this.#loopback);
    this.flush();
    if (own) this.#dirty.push(this.#loopback);
  }

  /**
   * Takes in a frame from a link: delivers it here, or passes it on. @throws CorruptDataFault for one that cannot be read,
   * where links lead to their senders; what was forwarded is no fault of the link that brought it.
   */
  receive(frame: Frame): void {
    if (frame.to !== this.place && frame.to !== this.#alias) {
      this.#forward(frame);
      return;
    }
    const delivery: Delivery = { from: frame.from, attachments: frame.attachments };
    for (const envelope of this.#envelopesOf(frame)) {
      this.#deliver(envelope as Envelope, delivery);
      this.flushIfMuch();
    }
  }

  close(error: unknown): void {
    this.#asks.abandon(error);
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#gateway = undefined;
  }

  #flushSoon = (): void => {
    this.#flushing = false;
    this.flush();
  };

  #outbox(to: PlaceId): Outbox {
    let outbox = this.#outboxes.get(to);
    if (outbox === undefined) {
      if (to === this.place || to === this.#alias) return this.#markDirty(this.#loopback);
      if (this.#goneNodes.has(nodeOf(to))) return this.#markDirty(this.#nowhere);
      const link = this.#linkTo(to);
      outbox = new Outbox(to, this.place, link);
      this.#outboxes.set(to, outbox);
      if (!this.#links.has(to)) this.#onUnlinked?.(to);
    }
    return this.#markDirty(outbox);
  }

  #markDirty<T extends Outbox>(outbox: T): T {
    if (!this.#dirty.includes(outbox)) this.#dirty.push(outbox);
    return outbox;
  }

  #forward(frame: Frame): void {
    // What this place has to say because of what the frame's sender told it before must not come after the frame.
    const here = nodeOf(this.place);
    if ((nodeOf(frame.to) !== here || nodeOf(frame.from) !== here) && this.#dirty.length > 0) this.flush();
    this.#linkTo(frame.to).send(frame);
  }

  #linkTo(place: PlaceId): Link {
    const link = this.#links.get(place) ?? this.#gateway;
    if (link !== undefined) return link;
    const node = nodeOf(place);
    return (node === nodeOf(this.place) ? undefined : this.#route?.(node)) ?? UNREACHABLE;
  }

  #envelopesOf(frame: Frame): unknown[] {
    try {
      return decodeBatch(frame.bytes);
    } catch (error) {
      if (this.#gateway === undefined) throw error;
      this.#onFault(error, frame.from);
      return [];
    }
  }

  #deliver(envelope: Envelope, delivery: Delivery): void {
    try {
      const actor = typeof envelope[0] === "number" ? this.#actors[envelope[0]] : undefined;
      if (actor !== undefined) actor.receive(envelope, delivery);
      // Whoever asks would wait for ever. Hot messages have no answer.
      else if (typeof envelope[1] === "string")
        this.fault(delivery.from, envelope[2] as number, new TypeError(`no actor ${String(envelope[0])} here`));
    } catch (error) {
      this.#onFault(error, delivery.from);
    }
  }

  /** Answers to this place's own questions, and links to other places. */
  #receiveOwn(envelope: Envelope, delivery: Delivery): void {
    const [, op, request, value] = envelope as [number, string, number, unknown];
    const { from } = delivery;
    // Links are made by the node's system worker, with whom memory is shared.
    if (op === "link" && from === this.#gatewayPlace) this.#onLink?.(request, delivery.attachments[value as number] as MessagePort);
    else if (op === "answer" && this.#wasAsked(from, request)) this.#asks.settle(request, value);
    else if (op === "fault" && this.#wasAsked(from, request)) this.#asks.fail(request, this.#faults.fromWire(value));
    else if (op === "succeeded" && nodeOf(from) === nodeOf(this.place)) this.succeeded(request);
  }

  /** Whether an answer of `from` is one: whoever is the head now answers what the head was asked. */
  #wasAsked(from: PlaceId, request: number): boolean {
    const asked = this.#asks.askedOf(request);
    return asked === from || (asked === HEAD_PLACE && mayBeHead(from)) || (asked === this.#alias && from === this.place);
  }

  answer(to: PlaceId, request: number, value: unknown): void {
    if (request !== 0) this.send(to, [ActorNumber.kernel, "answer", request, value]);
  }

  fault(to: PlaceId, request: number, error: unknown): void {
    if (request !== 0) this.send(to, [ActorNumber.kernel, "fault", request, this.#faults.toWire(error)]);
  }
}

/** So many envelopes in one turn leave before its end. */
const MUCH = 2_048;

/** The outbox of a place to itself: nothing is encoded, delivery still waits for the end of the turn. */
class LocalOutbox extends Outbox {
  #own: Envelope[] = [];
  #beside: Attachment[] = [];
  readonly #sink: (envelopes: Envelope[], attachments: Attachment[]) => void;

  constructor(sink: (envelopes: Envelope[], attachments: Attachment[]) => void) {
    super(-1, -1, UNREACHABLE);
    this.#sink = sink;
  }

  override push(envelope: Envelope): void {
    this.#own.push(envelope);
  }

  override attach(attachment: Attachment): number {
    return this.#beside.push(attachment) - 1;
  }

  override flush(): void {
    const envelopes = this.#own;
    const attachments = this.#beside;
    this.#own = [];
    this.#beside = [];
    if (envelopes.length > 0) this.#sink(envelopes, attachments);
  }
}

/** Where no route leads: frames are dropped, as on a network; whoever waits learns of the death by other ways. */
const UNREACHABLE: Link = { send: releaseFrame, close: () => {}, keepAlive: () => {} };
