import { ObjectLostError } from "../../runtime/errors/mod.ts";
import { type Clock, type ObjectId, ownerOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";
import { hasValue } from "./object_state.ts";
import type { Peers } from "./peers.ts";
import { Pull } from "./pull.ts";
import { PullOrder, type PullReason } from "./pull_order.ts";
import type { TransferSettings } from "./settings.ts";
import type { ObjectStore } from "./store.ts";

export interface PullerOptions {
  clock: Pick<Clock, "after">;
  store: ObjectStore;
  peers: Peers;
  settings: TransferSettings;
  /** Whether anybody here still waits for it. */
  isWanted(id: ObjectId): boolean;
  /** A copy is in the store. */
  onHere(id: ObjectId, children: readonly string[]): void;
  /** It could not be had: a fault of the store, or an error. */
  onFailed(id: ObjectId, fault: unknown): void;
}

/** From this size on a value is worth a link of its own. */
const BULK_BYTES = 8 * 1024 * 1024;

/**
 * Brings copies of large values from other nodes: each once, however many wait for it, straight into the store's
 * memory. The home says from where when there is room for it; what a source fails to give, others are asked for.
 */
export class Puller {
  readonly #options: PullerOptions;
  readonly #pulls: Map<ObjectId, Pull> = new Map();
  readonly #order: PullOrder;

  constructor(options: PullerOptions) {
    this.#options = options;
    this.#order = new PullOrder(options.settings.inFlightBytes);
  }

  get size(): number {
    return this.#pulls.size;
  }

  has(id: ObjectId): boolean {
    return this.#pulls.has(id);
  }

  /** What is on its way, as far as it has come. */
  get(id: ObjectId): Pull | undefined {
    return this.#pulls.get(id);
  }

  /** Brings it here; sooner than it would have come, if this is a better reason. */
  start(id: ObjectId, { size, children, reason }: { size: number; children: readonly string[]; reason: PullReason }): void {
    const { chunkBytes, windowChunks } = this.#options.settings;
    if (!this.#pulls.has(id)) this.#pulls.set(id, new Pull(id, { size, children, chunkBytes }));
    this.#order.add(id, { bytes: Math.min(size, chunkBytes * windowChunks), reason });
    this.#advance();
  }

  /** It waits for a better reason than before. */
  raise(id: ObjectId, reason: PullReason): void {
    const pull = this.#pulls.get(id);
    if (pull !== undefined) this.start(id, { size: pull.size, children: pull.children, reason });
  }

  /** The home says from where. */
  sources(id: ObjectId, nodes: readonly PlaceId[]): void {
    const pull = this.#pulls.get(id);
    if (pull?.block === undefined || pull.hasSources) return;
    const living = nodes.filter((node) => !this.#options.peers.isLost(node));
    if (nodes.length === 0) this.#askLater(pull);
    else if (living.length === 0) {
      for (const node of nodes) pull.without.add(node);
      this.#askHome(pull);
    } else {
      pull.use(living);
      if (pull.size >= BULK_BYTES) this.#options.peers.expectBulk(living);
      this.#request(pull);
    }
  }

  /** A source has sent bytes, or, with none, says that it cannot. */
  chunk(from: PlaceId, id: ObjectId, { offset, bytes }: { offset: number; bytes: Uint8Array | undefined }): void {
    const pull = this.#pulls.get(id);
    // Else it is late, and what is being pulled now is another copy.
    if (pull?.isAsked(from, offset) !== true) return;
    if (bytes === undefined || !pull.take(from, offset, bytes)) this.#lose(pull, from);
    else if (pull.isComplete) this.#complete(pull);
    else this.#request(pull);
  }

  /** It is not to come any more. Nobody is told but those who copy it from here. */
  cancel(id: ObjectId): void {
    const pull = this.#pulls.get(id);
    if (pull !== undefined) this.#end(pull, false);
  }

  cancelWhere(gone: (id: ObjectId) => boolean): void {
    for (const id of [...this.#pulls.keys()]) if (gone(id)) this.cancel(id);
  }

  nodeLost(node: PlaceId): void {
    for (const pull of [...this.#pulls.values()]) this.#lose(pull, node);
  }

  #advance(): void {
    for (let id = this.#order.next(); id !== undefined; id = this.#order.next()) {
      const pull = this.#pulls.get(id);
      if (pull === undefined || !this.#options.isWanted(id)) {
        this.#pulls.delete(id);
        this.#order.remove(id);
      } else void this.#begin(pull);
    }
  }

  async #begin(pull: Pull): Promise<void> {
    const { store } = this.#options;
    try {
      const block = await store.allocate(pull.size);
      if (this.#pulls.get(pull.id) !== pull) store.discard(block);
      else {
        pull.block = block;
        this.#askHome(pull);
      }
    } catch (fault) {
      if (this.#pulls.get(pull.id) === pull) this.#fail(pull, fault);
    }
  }

  #askHome(pull: Pull): void {
    this.#options.peers.tell(homeOf(pull.id)).pull(pull.id, [...pull.without]);
  }

  /** All that have it have failed: they may be gone, which the home does not know yet. */
  #askLater(pull: Pull): void {
    const { clock, settings } = this.#options;
    if (++pull.failures > settings.askAgainTimes) {
      this.#fail(pull, new ObjectLostError({ objectId: pull.id, reason: "none of the nodes that have it could send it" }));
      return;
    }
    pull.without.clear();
    clock.after(settings.askAgainMs, () => {
      if (this.#pulls.get(pull.id) === pull && !pull.hasSources) this.#askHome(pull);
    });
  }

  #request(pull: Pull): void {
    const { peers, settings } = this.#options;
    for (const { source, offset, length } of pull.requests(settings.windowChunks)) peers.tell(source).read(pull.id, offset, length);
  }

  #lose(pull: Pull, source: PlaceId): void {
    if (!pull.drop(source)) return;
    if (pull.hasSources) this.#request(pull);
    else this.#askHome(pull);
  }

  #complete(pull: Pull): void {
    const { store, onHere } = this.#options;
    const { id, size, children } = pull;
    const block = pull.block!;
    pull.block = undefined;
    const isNew = !hasValue(store.stateOf(id));
    const sealed = isNew && store.seal(id, block.buffer, { slot: block.slot, bytes: size, owner: ownerOf(id), isCopy: true, pinned: true });
    this.#end(pull, true);
    onHere(id, children);
    pull.whenReturned(() => {
      if (sealed) store.unpin(id);
      else if (!isNew) store.discard(block);
    });
  }

  #fail(pull: Pull, fault: unknown): void {
    this.#end(pull, false);
    this.#options.onFailed(pull.id, fault);
  }

  #end(pull: Pull, complete: boolean): void {
    const { id, block } = pull;
    const { peers, store } = this.#options;
    this.#pulls.delete(id);
    this.#order.remove(id);
    pull.block = undefined;
    if (block !== undefined) pull.whenReturned(() => store.discard(block));
    if (complete || block !== undefined) peers.tell(homeOf(id)).pulled(id, complete);
    if (!complete) pull.abandon();
    this.#advance();
  }
}
