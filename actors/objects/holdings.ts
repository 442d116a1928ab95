import { type Clock, isActorId, ownerOf, type PlaceId, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import { type Announced, homeOf } from "../../runtime/references/mod.ts";
import { Borrowed } from "./borrowed.ts";
import { DropOrder } from "./drop_order.ts";
import type { Peers } from "./peers.ts";
import { References } from "./references.ts";

/**
 * What was lent and nobody holds is let go after this time: a task announces its hold on a ref among its arguments
 * by itself, and its submitter's drop, on another link, may overtake that.
 */
const RELEASE_GRACE_MS = 50;
/** So long word of an object may be on its way that has been overtaken on another link, when its sender's has much to carry. */
export const LATE_WORD_MS = 1000;
/** What only a lost node held is let go after this time: those to whom it had passed refs on may have yet to be heard. */
export const LOST_NODE_GRACE_MS = 1000;

/** From a place of another node, or that node's system place, to a place of this one. */
export interface Way {
  readonly from: PlaceId;
  readonly place: PlaceId;
}

export interface HoldingsOptions {
  clock: Clock;
  peers: Peers;
  /** Nobody holds these any more: of this home, or of one that is lost. */
  onUnheld(ids: readonly string[]): void;
}

/**
 * Who holds what, over all nodes. A manager counts the places of its own node one by one, whatever an id's home; to
 * the id's home it tells that its node holds it, and there a node counts as one holder: its system worker's place.
 *
 * Nothing that is held, or on its way to a holder, is ever let go, for whoever passes a ref on keeps a hold until the
 * receiver's is known at the home:
 *
 * - A call keeps a ref of its arguments: it announces so at its own node, and its result says how many announcements
 *   there were. Its submitter's drop waits until that node's manager has said that it heard them, and that the home has
 *   acknowledged its holds (`heard`).
 * - A value or result that contains refs leaves its node: the manager holds them itself (`keepUntil`) until the other
 *   node's has said that they are acknowledged at their homes (`holdFor`, `located`, `resolve`). There they are held until
 *   the place that they are for has announced its own hold (`took`), or their sender's node is gone, and perhaps the value.
 * - A ref is taken out of a value whose ref is then dropped: a node's drop waits for its earlier holds (`Borrowed`).
 * - A container holds its children at its own home, which borrows them like any other place does.
 * - A place or node dies: its holds end, those of a node after a grace.
 */
export class Holdings {
  readonly #options: HoldingsOptions;
  readonly #peers: Peers;
  readonly #references: References;
  readonly #borrowed: Borrowed;
  readonly #drops: DropOrder;
  /** What places other than its owner's have held or asked for. */
  readonly #lent: Set<string> = new Set();
  /** The ways on which refs have come. */
  readonly #transits: Set<number> = new Set();

  constructor(options: HoldingsOptions) {
    this.#options = options;
    this.#peers = options.peers;
    this.#borrowed = new Borrowed(options.peers);
    this.#references = new References({
      onHeld: (id) => {
        if (!this.#peers.isOwn(id)) this.#borrowed.hold(id);
      },
      onDead: (ids) => this.#dead(ids),
    });
    this.#drops = new DropOrder(
      (place, ids) => {
        for (const id of ids) this.#references.drop(id, place);
      },
      (announced) => this.#askHeard(announced),
    );
  }

  has(id: string): boolean {
    return this.#references.has(id);
  }

  /** Places of this node, and other nodes, that hold it. */
  holders(id: string): PlaceId[] {
    return this.#references.holders(id).map(([place]) => place);
  }

  places(): Set<PlaceId> {
    return this.#references.places();
  }

  hold(id: string, place: PlaceId): void {
    this.#references.hold(id, place);
  }

  drop(id: string, place: PlaceId): void {
    this.#references.drop(id, place);
  }

  /** The place has announced that it holds these. */
  announced(place: PlaceId, ids: readonly string[]): void {
    for (const id of ids) {
      this.#references.hold(id, place);
      this.lend(id, place);
    }
    this.#drops.heard(place);
  }

  /** Lets go for a place of this node, once all that it comes after has been heard. */
  dropAfter(place: PlaceId, ids: readonly string[], after?: readonly Announced[]): void {
    this.#drops.drop(place, ids, after);
  }

  /** These are sent on to `place`, of whatever node. */
  holdFor(ids: readonly string[], place: PlaceId): void {
    if (!this.#peers.isHere(place)) {
      this.keepUntil(
        ids,
        this.#peers.acknowledged(systemPlaceOf(place), (peer) => peer.holdFor(ids, place)),
      );
      return;
    }
    for (const id of ids) {
      this.#references.hold(id, place);
      this.lend(id, place);
    }
  }

  /** These come from another node for a place of this one. */
  coming(ids: readonly string[], way: Way): void {
    const { place } = way;
    if (place === systemPlaceOf(place)) return this.holdFor(ids, place);
    if (this.#references.isGone(place)) return;
    const transit = transitOf(way);
    this.#transits.add(transit);
    for (const id of ids) {
      this.#references.hold(id, transit);
      this.lend(id, place);
    }
  }

  /** They have come, and the place has announced that it holds them. */
  took(ids: readonly string[], way: Way): void {
    for (const id of ids) this.#references.drop(id, transitOf(way));
  }

  keepUntil(ids: readonly string[], known: Promise<void>): void {
    if (ids.length > 0) void known.then(this.#references.keep(ids));
  }

  setChildren(id: string, children: readonly string[]): void {
    this.#references.setChildren(id, children);
  }

  /** Somebody but its owner knows it: it is let go of after a grace only. */
  lend(id: string, place?: PlaceId): void {
    if (this.#references.has(id) && ownerOf(id) !== place && this.#peers.isOwn(id)) this.#lent.add(id);
  }

  /** The home is another's now, who knows of no holder: it hears which of its objects or actors this node holds. */
  succeeded(home: PlaceId): void {
    if (this.#peers.isHere(home)) return;
    this.#borrowed.forget(home);
    const ids = this.#references.ids((id) => homeOf(id) === home);
    // Also none: what it let go of a moment ago the other has heard of, and not that it held it.
    void this.#peers.acknowledged(home, (peer) => peer.holdsExactly(ids));
  }

  /** All that a node holds of the actors that are counted here. */
  holdsExactly(node: PlaceId, ids: readonly string[]): void {
    this.#references.holdsExactly(node, new Set(ids.filter(isActorId)), isActorId);
    for (const id of ids) this.lend(id);
  }

  /** Resolves when all that is held here now is known where it is counted. */
  settled(): Promise<void> {
    return this.#borrowed.settled();
  }

  /** Resolves when `place`, of this node, has announced so often, and what it announced is known where it is counted. */
  heard(place: PlaceId, count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drops.whenHeard([place, count], () => resolve(this.settled()));
    return promise;
  }

  /** Releases these after the grace, unless somebody holds them by then. */
  releaseLater(ids: readonly string[]): void {
    this.#options.clock.after(RELEASE_GRACE_MS, () => this.#release(ids.filter((id) => !this.#references.has(id))));
  }

  placeLost(place: PlaceId): void {
    this.#references.placeDied(place);
    this.#drops.placeDied(place);
    this.#endTransits((transit) => isFor(transit, place));
  }

  /** The node's holds end; what it was home of nobody counts any more. */
  nodeLost(node: PlaceId): void {
    this.#options.clock.after(LOST_NODE_GRACE_MS, () => {
      this.#references.placeDied(node);
      this.#endTransits((transit) => isFrom(transit, node));
    });
  }

  sizes(): Record<string, number> {
    return {
      references: this.#references.size,
      lent: this.#lent.size,
      drops: this.#drops.size,
      borrowed: this.#borrowed.size,
      questions: this.#peers.openCount,
    };
  }

  #endTransits(isOver: (transit: number) => boolean): void {
    for (const transit of [...this.#transits]) {
      if (!isOver(transit)) continue;
      this.#transits.delete(transit);
      this.#references.placeDied(transit);
    }
  }

  #dead(ids: readonly string[]): void {
    const now: string[] = [];
    const later: string[] = [];
    for (const id of ids) {
      if (!this.#peers.isOwn(id)) {
        this.#borrowed.drop(id);
        if (this.#peers.isLost(homeOf(id))) now.push(id);
      } else if (this.#lent.has(id)) later.push(id);
      else now.push(id);
    }
    this.#release(now);
    if (later.length > 0) this.releaseLater(later);
  }

  #release(ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const id of ids) this.#lent.delete(id);
    this.#options.onUnheld(ids);
  }

  /** What a place of another node has announced, its own manager knows. */
  #askHeard([place, count]: Announced): void {
    if (this.#peers.isHere(place)) return;
    void this.#peers.acknowledged(systemPlaceOf(place), (peer) => peer.heard(place, count)).then(() => this.#drops.confirmed(place, count));
  }
}

/** Stands among holders for a way: no place has a number below 0. */
function transitOf({ from, place }: Way): number {
  return FIRST_TRANSIT - (systemPlaceOf(from) + slotOf(place));
}

function slotOf(place: PlaceId): number {
  return place - systemPlaceOf(place);
}

function isFrom(transit: number, node: PlaceId): boolean {
  return systemPlaceOf(FIRST_TRANSIT - transit) === systemPlaceOf(node);
}

function isFor(transit: number, place: PlaceId): boolean {
  return slotOf(FIRST_TRANSIT - transit) === slotOf(place);
}

/** Below what containers and transfers are counted as. */
const FIRST_TRANSIT = -4;
