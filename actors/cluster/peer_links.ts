import { type Frame, isBulk, type Link, type LinkEvents, releaseFrame } from "../../net/mod.ts";
import type { PeerInfo } from "../../runtime/contracts/mod.ts";
import { type NodeNumber, nodeOf } from "../../runtime/kernel/mod.ts";
import type { NewTie } from "./head_tie.ts";

/** Opens a link to a node. */
export type Dial = (peer: PeerInfo, events: LinkEvents) => Promise<Link>;

export interface PeerLinksOptions {
  dial: Dial;
  receive(frame: Frame): void;
  /** Why a frame from that node is not to be taken, if it is not. Its link is closed then. */
  refuses(node: NodeNumber, frame: Frame): string | undefined;
  /** A frame waits for a node that nobody has told of: it may be on its way here, or be gone since before this node came. */
  unknown(node: NodeNumber): void;
  /** Says nothing on a link, so that the other side knows that it is in use. */
  greet(node: NodeNumber, link: Link): void;
  /** Says on a link that another is in the place of who was behind it. */
  replaced(node: NodeNumber, link: Link): void;
  /** The link to a node broke or could not be made, and what was under way on it may be lost. */
  broken(node: NodeNumber, reason: string): void;
}

/**
 * A node's links to other nodes, made when the first frame for a node is there; frames wait until then.
 *
 * Each side sends on the first link that it has to the other, dialled or accepted, and takes frames from all: so two
 * that dial each other at once keep the order of their frames all the same. Parts of large values leave, where there is
 * one, on a link that the other side has opened for them: a WebSocket's server need not mask what it sends.
 *
 * A link that was accepted counts from its first frame: whoever dialled it may have waited too long, and given it up.
 */
export class PeerLinks {
  readonly #options: PeerLinksOptions;
  readonly #peers: Map<NodeNumber, PeerLink> = new Map();
  readonly #gone: Set<NodeNumber> = new Set();

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

  /** The link to the node is no more, and until there is another nothing is sent there. */
  hangUp(node: NodeNumber): void {
    this.#peer(node).hangUp();
  }

  /** Makes one more link to a node, where it is now. It takes frames at once, and sends from when it is used. */
  redial(info: PeerInfo): Promise<NewTie> {
    return this.#peer(info.node).redial(info);
  }

  /** The node is another than the one that there was, with whom the links were made that are not used any more; or it is the same. */
  settle(node: NodeNumber, who: "same" | "another"): void {
    this.#peer(node).settle(who);
  }

  /** The nodes of the cluster: those that frames wait for can be dialled now. */
  known(peers: readonly PeerInfo[]): void {
    for (const info of peers) if (!this.#gone.has(info.node)) this.#peer(info.node).found(info);
  }

  /** A node has opened a link to this one. Returns what its socket's events go to. */
  accept(node: NodeNumber, link: Link): LinkEvents {
    const peer = this.#peer(node);
    peer.offered(link);
    const onFrame = (frame: Frame): void => {
      peer.accept(link);
      this.#receive(node, frame);
    };
    return { onFrame, onClose: (reason) => peer.closed(link, reason) };
  }

  /** The node is gone: its link is closed, and nothing is sent there any more, nor taken from there. */
  lost(node: NodeNumber): void {
    this.#gone.add(node);
    this.#peers.get(node)?.close();
    this.#peers.delete(node);
  }

  /** The nodes to which something was sent. */
  reached(): NodeNumber[] {
    return [...this.#peers].flatMap(([node, peer]) => (peer.isReached ? [node] : []));
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.close();
  }

  #peer(node: NodeNumber): PeerLink {
    if (this.#gone.has(node)) return NOBODY;
    let peer = this.#peers.get(node);
    if (peer === undefined) {
      const { dial, unknown, greet, replaced, broken } = this.#options;
      peer = new PeerLink({
        dial,
        receive: (frame) => this.#receive(node, frame),
        unknown: () => unknown(node),
        greet: (link) => greet(node, link),
        replaced: (link) => replaced(node, link),
        broken: (reason) => broken(node, reason),
      });
      this.#peers.set(node, peer);
    }
    return peer;
  }

  /**
   * What a node sent before it was known to be gone may arrive after that: nothing of it may be taken in, for what it had
   * is lost by then, and is done anew. @throws RangeError what is refused, to the link that brought it
   */
  #receive(node: NodeNumber, frame: Frame): void {
    const refusal = this.#options.refuses(node, frame);
    if (refusal !== undefined) {
      releaseFrame(frame);
      throw new RangeError(refusal);
    }
    if (this.#gone.has(nodeOf(frame.from))) releaseFrame(frame);
    else this.#options.receive(frame);
  }
}

interface PeerLinkOptions {
  dial: Dial;
  receive(frame: Frame): void;
  unknown(): void;
  greet(link: Link): void;
  replaced(link: Link): void;
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
  /** What is sent is lost. */
  #hungUp = false;
  readonly #others: Set<Link> = new Set();
  /** Links that the other side has opened, and has sent nothing on yet. */
  readonly #offered: Set<Link> = new Set();
  /** Links to who was there before the one in use, as long as it is not known whether that is the same; and why the first of them broke. */
  readonly #former: Set<Link> = new Set();
  #formerBroke: string | undefined;
  /** Links that were made to be used, and have not been. */
  readonly #spare: Set<Link> = new Set();
  readonly #left: WeakSet<Link> = new WeakSet();
  /** One that the other side has opened. */
  #accepted: Link | undefined;
  #hasDialled = false;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
  }

  send(frame: Frame): void {
    if (this.#accepted !== undefined && isBulk(frame)) this.#accepted.send(frame);
    else if (this.#link !== undefined) this.#link.send(frame);
    else if (this.#hungUp || this.#closed) releaseFrame(frame);
    else {
      if (this.#info === undefined && this.#waiting.length === 0) this.#options.unknown();
      this.#waiting.push(frame);
      this.#dial();
    }
  }

  /** Whether there is a link, or one is on its way for what waits. */
  get isReached(): boolean {
    return this.#link !== undefined || this.#waiting.length > 0;
  }

  found(info: PeerInfo): void {
    this.#info = info;
    if (this.#waiting.length > 0) this.#dial();
  }

  offered(link: Link): void {
    if (this.#closed) link.close();
    else this.#offered.add(link);
  }

  /** The other side uses the link that it has opened. */
  accept(link: Link): void {
    if (!this.#offered.delete(link)) return;
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
    if (this.#offered.delete(link) || this.#closed || this.#left.has(link)) return;
    if (this.#former.delete(link)) {
      this.#formerBroke ??= reason;
      return;
    }
    if (link === this.#link) this.#link = undefined;
    if (link === this.#accepted) this.#accepted = undefined;
    this.#options.broken(reason);
  }

  hangUp(): void {
    this.#hungUp = true;
    this.#dropWaiting();
    this.#leave([...(this.#link === undefined ? [] : [this.#link]), ...this.#others, ...this.#former]);
    this.#others.clear();
    this.#former.clear();
    this.#link = this.#accepted = this.#formerBroke = undefined;
  }

  async redial(info: PeerInfo): Promise<NewTie> {
    const { dial, receive } = this.#options;
    let used = false;
    let made: Link | undefined;
    let gone: string | undefined;
    const onClose = (reason: string): void => {
      gone = reason;
      if (made !== undefined) this.#spare.delete(made);
      if (made !== undefined && used) this.closed(made, reason);
    };
    const link = await dial(info, { onFrame: receive, onClose });
    made = link;
    if (this.#closed) link.close();
    else if (gone === undefined) this.#spare.add(link);
    return {
      use: () => {
        this.#spare.delete(link);
        for (const former of [...(this.#link === undefined ? [] : [this.#link]), ...this.#others]) this.#former.add(former);
        this.#others.clear();
        this.#accepted = undefined;
        this.#info = info;
        this.#hungUp = false;
        this.#link = link;
        used = true;
        for (const frame of this.#waiting.splice(0)) link.send(frame);
        if (gone !== undefined) this.closed(link, gone);
      },
      drop: () => {
        this.#spare.delete(link);
        this.#leave([link]);
      },
    };
  }

  settle(who: "same" | "another"): void {
    const former = [...this.#former];
    const broke = this.#formerBroke;
    this.#former.clear();
    this.#formerBroke = undefined;
    if (who === "another") {
      for (const link of former) this.#options.replaced(link);
      this.#leave(former);
    } else {
      for (const link of former) this.#others.add(link);
      if (broke !== undefined) this.#options.broken(broke);
    }
  }

  close(): void {
    this.#closed = true;
    this.#dropWaiting();
    this.#accepted = undefined;
    this.#link?.close();
    this.#link = undefined;
    // Who has it for good sends on it after that.
    for (const links of [this.#others, this.#former, this.#spare, this.#offered]) {
      for (const link of links) link.close();
      links.clear();
    }
  }

  keepAlive(): void {}

  #leave(links: readonly Link[]): void {
    for (const link of links) {
      this.#left.add(link);
      link.close();
    }
  }

  #dropWaiting(): void {
    for (const frame of this.#waiting.splice(0)) releaseFrame(frame);
  }

  #dial(again = false): void {
    if (this.#dialling || this.#info === undefined || (this.#link !== undefined && !again)) return;
    this.#dialling = true;
    this.#hasDialled = true;
    const { dial, receive, broken } = this.#options;
    let made: Link | undefined;
    let gone: string | undefined;
    const events: LinkEvents = {
      onFrame: receive,
      onClose: (reason) => {
        gone = reason;
        if (made !== undefined) this.closed(made, reason);
      },
    };
    dial(this.#info, events).then(
      (link) => {
        this.#dialling = false;
        made = link;
        if (again) this.#options.greet(link);
        this.opened(link);
        if (gone !== undefined) this.closed(link, gone);
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

/** The way to every node that is gone. */
const NOBODY: PeerLink = new PeerLink({
  dial: () => new Promise(() => {}),
  receive: releaseFrame,
  unknown() {},
  greet() {},
  replaced() {},
  broken() {},
});
NOBODY.close();
