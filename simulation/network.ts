import { type Attachment, type Frame, type Link, type LinkEvents, releaseFrame, Slice } from "../net/mod.ts";
import type { NodeNumber } from "../runtime/kernel/mod.ts";
import type { Realm } from "./realm.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { Span } from "./virtual_port.ts";

export interface NetworkOptions {
  random: SeededRandom;
  /** One way, for a frame between two nodes. Links are independent: frames overtake each other between links, never on one. */
  latencyMs: Span;
  /** Megabytes a second on a link; what is large takes longer. */
  megabytesPerSecond: number;
}

/** A node as the network knows it. */
export interface NetworkNode {
  readonly node: NodeNumber;
  /** The thread that its links end in. */
  readonly realm: Realm;
  /** Whether it listens. */
  readonly takesLinks: boolean;
  /** Another node has opened a link. Returns what goes to that link's events. */
  accept(from: NodeNumber, link: Link): LinkEvents;
}

/** How long a node waits for an answer when it dials one that does not answer, and how often it knocks meanwhile. Milliseconds. */
const DIAL_MS = 10_000;
const KNOCK_EVERY_MS = 1_000;

/** The network between nodes: links with latency, and what can happen to them. */
export class Network {
  readonly #options: NetworkOptions;
  readonly #nodes: Map<NodeNumber, NetworkNode> = new Map();
  readonly #wires: Map<NodeNumber, Set<Wire>> = new Map();
  /** Which side of a partition each node is on; none is 0. */
  readonly #sides: Map<NodeNumber, number> = new Map();
  readonly #slow: Map<string, number> = new Map();
  frames = 0;
  bytes = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  attach(node: NetworkNode): void {
    this.#nodes.set(node.node, node);
  }

  /** Opens a link, as `Dial` promises. */
  async dial(from: NetworkNode, to: NodeNumber, events: LinkEvents): Promise<Link> {
    for (let waitedMs = 0; this.#nodes.has(to) && !this.reaches(from.node, to); waitedMs += KNOCK_EVERY_MS) {
      if (waitedMs >= DIAL_MS) throw new Error("there was no answer");
      await new Promise<void>((resolve) => void from.realm.after(KNOCK_EVERY_MS, resolve));
    }
    return await this.#open(from, to, events);
  }

  #open(from: NetworkNode, to: NodeNumber, events: LinkEvents): Promise<Link> {
    return new Promise((resolve, reject) => {
      const target = this.#nodes.get(to);
      if (target === undefined || !target.realm.alive || !target.takesLinks) {
        from.realm.after(this.#latency(), () => reject(new Error("the connection was refused")));
        return;
      }
      const wire = new Wire(this, [from, target]);
      wire.events[0] = events;
      let isLate = false;
      const onTime = from.realm.after(DIAL_MS, () => {
        isLate = true;
        reject(new Error(`it took no link within ${DIAL_MS / 1_000} s`));
      });
      target.realm.after(this.#latency(), () => {
        if (isLate) return;
        this.#keep(wire);
        const openAt = from.realm.now() + this.#latency();
        from.realm.at(openAt, () => {
          onTime();
          resolve(wire.end(0));
        });
        wire.opens(openAt);
        wire.events[1] = target.accept(from.node, wire.end(1));
      });
    });
  }

  /** Whether frames get from one to the other now. */
  reaches(one: NodeNumber, other: NodeNumber): boolean {
    return (this.#sides.get(one) ?? 0) === (this.#sides.get(other) ?? 0);
  }

  /** Cuts these nodes off from all others: what is sent waits, as in a network that tries again. */
  partition(nodes: readonly NodeNumber[], side = 1): void {
    for (const node of nodes) this.#sides.set(node, side);
  }

  /** These nodes, or all, reach the others again, and what has waited arrives. */
  heal(nodes: Iterable<NodeNumber> = [...this.#sides.keys()]): void {
    for (const node of nodes) this.#sides.delete(node);
    for (const wire of this.#all()) wire.resume();
  }

  /** So much longer from one node to another, that way alone. */
  delay(from: NodeNumber, to: NodeNumber, ms: number): void {
    this.#slow.set(`${from}-${to}`, ms);
  }

  /** Breaks all links between two nodes: what is on its way is lost, and both hear of it. */
  cut(one: NodeNumber, other: NodeNumber): void {
    for (const wire of [...(this.#wires.get(one) ?? [])]) if (wire.joins(other)) wire.reset();
  }

  /** A node's process is gone: the others hear of it, unless its machine is gone too. */
  gone(node: NodeNumber, options: { silently?: boolean } = {}): void {
    this.#nodes.delete(node);
    for (const wire of [...(this.#wires.get(node) ?? [])]) {
      if (options.silently !== true) wire.break("the connection was closed by the other side");
    }
  }

  /** When a frame that is sent now arrives, if nothing overtakes it. */
  arrival(from: NetworkNode, to: NetworkNode, bytes: number): number {
    const slow = this.#slow.size === 0 ? 0 : (this.#slow.get(`${from.node}-${to.node}`) ?? 0);
    return from.realm.now() + this.#latency() + bytes / (this.#options.megabytesPerSecond * 1_000) + slow;
  }

  forget(wire: Wire): void {
    for (const { node } of wire.nodes) this.#wires.get(node)?.delete(wire);
  }

  #keep(wire: Wire): void {
    for (const { node } of wire.nodes) {
      const wires = this.#wires.get(node);
      if (wires === undefined) this.#wires.set(node, new Set([wire]));
      else wires.add(wire);
    }
  }

  #latency(): number {
    return this.#options.random.between(...this.#options.latencyMs);
  }

  #all(): Set<Wire> {
    return new Set([...this.#wires.values()].flatMap((wires) => [...wires]));
  }
}

type Side = 0 | 1;

/** One link between two nodes. */
class Wire {
  readonly nodes: readonly [NetworkNode, NetworkNode];
  readonly events: [LinkEvents | undefined, LinkEvents | undefined] = [undefined, undefined];
  readonly #network: Network;
  /** When the last frame for each side arrives. */
  readonly #last: [number, number] = [0, 0];
  readonly #held: [Frame[], Frame[]] = [[], []];
  #open = true;
  #reset = false;
  /** A side that has closed the link hears nothing more, also of what was on its way. */
  readonly #deaf: [boolean, boolean] = [false, false];

  constructor(network: Network, nodes: readonly [NetworkNode, NetworkNode]) {
    this.#network = network;
    this.nodes = nodes;
  }

  joins(node: NodeNumber): boolean {
    return this.nodes[0].node === node || this.nodes[1].node === node;
  }

  /** The side that dials hears nothing before that. */
  opens(at: number): void {
    this.#last[0] = at;
  }

  end(side: Side): Link {
    return {
      send: (frame) => {
        if (this.#open) this.#send((1 - side) as Side, crossing(frame));
      },
      close: () => {
        this.#deaf[side] = true;
        this.break("the other side closed the link", side);
      },
      keepAlive: () => {},
    };
  }

  /** What is on its way is lost. */
  reset(): void {
    this.#reset = true;
    this.break("the connection was reset");
  }

  /** Both sides hear that the link is gone, but for the one that has closed it. */
  break(reason: string, by?: Side): void {
    if (!this.#open) return;
    this.#open = false;
    this.#network.forget(this);
    for (const side of [0, 1] as const) {
      if (side === by) continue;
      const [own, other] = [this.nodes[side], this.nodes[1 - side] as NetworkNode];
      // What was sent before a link was closed in good order arrives before that.
      const at = Math.max(by === undefined ? 0 : this.#last[side], this.#network.arrival(other, own, 0));
      own.realm.at(at, () => {
        if (!this.#deaf[side]) this.events[side]?.onClose?.(reason);
      });
    }
  }

  /** What was held back by a partition goes on. */
  resume(): void {
    for (const side of [0, 1] as const) for (const frame of this.#held[side].splice(0)) this.#send(side, frame);
  }

  #send(to: Side, frame: Frame): void {
    const [receiver, sender] = [this.nodes[to], this.nodes[1 - to] as NetworkNode];
    if (!this.#network.reaches(sender.node, receiver.node)) {
      this.#held[to].push(frame);
      return;
    }
    const bytes = frame.attachments.reduce((sum, attachment) => sum + bytesOf(attachment), frame.bytes.byteLength);
    this.#network.frames++;
    this.#network.bytes += bytes;
    const at = Math.max(this.#last[to], this.#network.arrival(sender, receiver, bytes));
    this.#last[to] = at;
    receiver.realm.at(at, () => {
      if (!this.#reset && !this.#deaf[to]) this.events[to]?.onFrame(frame);
    });
  }
}

/** Memory is not shared between nodes: what goes beside a frame goes as a copy. */
function crossing(frame: Frame): Frame {
  if (frame.attachments.length === 0) return frame;
  const attachments = frame.attachments.map((attachment) => {
    if (attachment instanceof Slice) return new Slice(attachment.bytes.slice());
    if (!(attachment instanceof SharedArrayBuffer)) throw new Error("a port cannot go to another node");
    const copy = new SharedArrayBuffer(attachment.byteLength);
    new Uint8Array(copy).set(new Uint8Array(attachment));
    return copy;
  });
  releaseFrame(frame);
  return { ...frame, attachments };
}

function bytesOf(attachment: Attachment): number {
  return attachment instanceof Slice ? attachment.bytes.byteLength : (attachment as SharedArrayBuffer).byteLength;
}
