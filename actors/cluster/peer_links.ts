import { type Frame, isBulk, type Link, type LinkEvents, releaseFrame } from "../../net/mod.ts";
import type { PeerInfo } from "../../runtime/contracts/mod.ts";
import type { NodeNumber } from "../../runtime/kernel/mod.ts";

/** Opens a link to a node. */
export type Dial = (peer: PeerInfo, events: LinkEvents) => Promise<Link>;

export interface PeerLinksOptions {
  dial: Dial;
  receive(frame: Frame): void;
  /** A frame waits for a node that nobody has told of: it may be on its way here, or be gone since before this node came. */
  unknown(node: NodeNumber): void;
  /** The link to a node broke or could not be made, and what was under way on it may be lost. */
  broken(node: NodeNumber, reason: string): void;
}

/**
 * A node's links to other nodes, made when the first frame for a node is there; frames wait until then.
 *
 * Each side sends on the first link that it has to the other, dialled or accepted, and takes frames from all: so two
 * that dial each other at once keep the order of their frames all the same. Parts of large values leave, where there is
 * one, on a link that the other side has opened for them: a WebSocket's server need not mask what it sends.
 */
export class PeerLinks {
  readonly #options: PeerLinksOptions;
  readonly #peers: Map<NodeNumber, PeerLink> = new Map();
  readonly #gone: Set<NodeNumber> = new Set();
  readonly #aliases: Map<NodeNumber, NodeNumber> = new Map();

  constructor(options: PeerLinksOptions) {
    this.#options = options;
  }

  /** The way to a node, for good. Frames to a node that is gone are dropped. */
  to(node: NodeNumber): Link {
    return this.#peer(node);
  }

  /** Large values are about to come from the node. */
  expectBulk(node: NodeNumber): void {
    this.#peer(node).expectBulk();
  }

  /** What is sent to the node goes the way of that other, which is the same process: so it is in order with what goes there. */
  alias(node: NodeNumber, other: NodeNumber): void {
    if (node === other) return;
    this.#aliases.set(node, other);
    // Something may have been sent there already, and whoever sent it keeps that way.
    const early = this.#peers.get(node);
    this.#peers.delete(node);
    early?.become(this.#peer(other));
  }

  /** The link to the node is no more, and until there is another nothing is sent there. */
  hangUp(node: NodeNumber): void {
    this.#peer(node).hangUp();
  }

  /** Makes a link to a node that was hung up, where it is now. */
  redial(info: PeerInfo): Promise<void> {
    return this.#peer(info.node).redial(info);
  }

  /** The nodes of the cluster: those that frames wait for can be dialled now. */
  known(peers: readonly PeerInfo[]): void {
    for (const info of peers) if (!this.#gone.has(info.node)) this.#peer(info.node).found(info);
  }

  /** A node has opened a link to this one. Returns what its socket's events go to. */
  accept(node: NodeNumber, link: Link): LinkEvents {
    const peer = this.#peer(node);
    peer.accept(link);
    return { onFrame: this.#receiveFrom(node), onClose: (reason) => peer.closed(link, reason) };
  }

  isGone(node: NodeNumber): boolean {
    return this.#gone.has(node);
  }

  /** The node is gone: its link is closed, and nothing is sent there any more, nor taken from there. */
  lost(node: NodeNumber): void {
    this.#gone.add(node);
    if (this.#aliases.delete(node)) return;
    this.#peers.get(node)?.close();
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.close();
  }

  #peer(named: NodeNumber): PeerLink {
    const node = this.#aliases.get(named) ?? named;
    let peer = this.#peers.get(node);
    if (peer === undefined) {
      const { dial, unknown, broken } = this.#options;
      peer = new PeerLink({ dial, receive: this.#receiveFrom(node), unknown: () => unknown(node), broken: (reason) => broken(node, reason) });
      this.#peers.set(node, peer);
      if (this.#gone.has(node)) peer.close();
    }
    return peer;
  }

  /**
   * What a node sent before it was known to be gone may arrive after that: nothing of it may be taken in, for what it had
   * is lost by then, and is done anew.
   */
  #receiveFrom(node: NodeNumber): (frame: Frame) => void {
    return (frame) => {
      if (this.#gone.has(node)) releaseFrame(frame);
      else this.#options.receive(frame);
    };
  }
}

interface PeerLinkOptions {
  dial: Dial;
  receive(frame: Frame): void;
  unknown(): void;
  broken(reason: string): void;
}

/** The way to one node, whether there is a link yet or not. */
class PeerLink implements Link {
  readonly #options: PeerLinkOptions;
  #info: PeerInfo | undefined;
  #link: Link | undefined;
  #waiting: Frame[] = [];
  #dialling = false;
  #closed = false;
  /** The way that is taken instead. */
  #other: Link | undefined;
  /** What is sent is lost. */
  #hungUp = false;
  readonly #others: Set<Link> = new Set();
  readonly #left: WeakSet<Link> = new WeakSet();
  /** One that the other side has opened. */
  #accepted: Link | undefined;
  #hasDialled = false;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
  }

  send(frame: Frame): void {
    if (this.#other !== undefined) this.#other.send(frame);
    else if (this.#accepted !== undefined && isBulk(frame)) this.#accepted.send(frame);
    else if (this.#link !== undefined) this.#link.send(frame);
    else if (this.#hungUp || this.#closed) releaseFrame(frame);
    else {
      if (this.#info === undefined && this.#waiting.length === 0) this.#options.unknown();
      this.#waiting.push(frame);
      this.#dial();
    }
  }

  /** All that is sent goes that way. */
  become(other: Link): void {
    this.#other = other;
    for (const frame of this.#waiting.splice(0)) other.send(frame);
  }

  found(info: PeerInfo): void {
    this.#info = info;
    if (this.#waiting.length > 0) this.#dial();
  }

  accept(link: Link): void {
    this.#accepted ??= link;
    this.opened(link);
  }

  /** Large values are about to come from there: the other side is to have a link that this one has opened. */
  expectBulk(): void {
    if (!this.#closed && !this.#hasDialled) this.#dial(true);
  }

  opened(link: Link): void {
    if (this.#closed) {
      link.close();
      return;
    }
    if (this.#link !== undefined) {
      this.#others.add(link);
      return;
    }
    this.#link = link;
    for (const frame of this.#waiting.splice(0)) link.send(frame);
  }

  closed(link: Link, reason: string): void {
    this.#others.delete(link);
    if (this.#closed || this.#left.has(link)) return;
    if (link === this.#link) this.#link = undefined;
    if (link === this.#accepted) this.#accepted = undefined;
    this.#options.broken(reason);
  }

  hangUp(): void {
    this.#hungUp = true;
    this.#dropWaiting();
    for (const link of [this.#link, ...this.#others]) {
      if (link === undefined) continue;
      this.#left.add(link);
      link.close();
    }
    this.#others.clear();
    this.#link = this.#accepted = undefined;
  }

  async redial(info: PeerInfo): Promise<void> {
    const { dial, receive } = this.#options;
    let made: Link | undefined;
    let ended: string | undefined;
    const onClose = (reason: string): void => {
      ended = reason;
      if (made !== undefined) this.closed(made, reason);
    };
    made = await dial(info, { onFrame: receive, onClose });
    if (ended !== undefined) throw new Error(ended);
    if (!this.#hungUp) {
      this.#left.add(made);
      made.close();
      throw new Error("another was found before");
    }
    this.#info = info;
    this.#hungUp = false;
    this.opened(made);
  }

  close(): void {
    this.#closed = true;
    this.#dropWaiting();
    this.#accepted = undefined;
    this.#link?.close();
    for (const link of this.#others) link.close();
    this.#link = undefined;
  }

  keepAlive(): void {}

  #dropWaiting(): void {
    for (const frame of this.#waiting.splice(0)) releaseFrame(frame);
  }

  #dial(again = false): void {
    if (this.#dialling || this.#info === undefined || (this.#link !== undefined && !again)) return;
    this.#dialling = true;
    this.#hasDialled = true;
    const { dial, receive, broken } = this.#options;
    let made: Link | undefined;
    const events: LinkEvents = {
      onFrame: receive,
      onClose: (reason) => {
        if (made !== undefined) this.closed(made, reason);
      },
    };
    dial(this.#info, events).then(
      (link) => {
        this.#dialling = false;
        made = link;
        this.opened(link);
      },
      (error) => {
        this.#dialling = false;
        if (this.#closed || this.#link !== undefined) return;
        this.#dropWaiting();
        broken((error as Error).message);
      },
    );
  }
}
