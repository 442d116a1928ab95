import type { NodeObjectsContract } from "../../runtime/contracts/mod.ts";
import {
  ActorNumber,
  type Kernel,
  type PlaceId,
  type Remote,
  remoteContract,
  systemPlaceOf,
  type Told,
  toldContract,
} from "../../runtime/kernel/mod.ts";
import { homeOf } from "../../runtime/references/mod.ts";

/** The object managers of other nodes, each named by its system worker's place; one's own may be among those told. */
export class Peers {
  /** Much is about to come from these nodes. */
  readonly expectBulk: (nodes: readonly PlaceId[]) => void;
  readonly #kernel: Kernel;
  readonly #told: Map<PlaceId, Told<NodeObjectsContract>> = new Map();
  readonly #lost: Set<PlaceId> = new Set();
  /** Questions that wait for their answer, by node. */
  readonly #open: Map<PlaceId, Set<() => void>> = new Map();

  constructor(kernel: Kernel, expectBulk: (nodes: readonly PlaceId[]) => void = () => {}) {
    this.#kernel = kernel;
    this.expectBulk = expectBulk;
  }

  /** Whether this node's manager counts who holds the object or actor. */
  isOwn(id: string): boolean {
    return this.#kernel.isAt(homeOf(id));
  }

  /** Whether the place is one of this node. */
  isHere(place: PlaceId): boolean {
    return this.#kernel.isAt(systemPlaceOf(place));
  }

  tell(node: PlaceId): Told<NodeObjectsContract> {
    let told = this.#told.get(node);
    if (told === undefined) this.#told.set(node, (told = toldContract(this.#kernel, node, ActorNumber.nodeObjects)));
    return told;
  }

  /** Resolves when the node has answered, or is lost: then there is nobody to wait for. Never rejects. */
  acknowledged(node: PlaceId, ask: (peer: Remote<NodeObjectsContract>) => Promise<unknown>): Promise<void> {
    if (this.#lost.has(node)) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    let open = this.#open.get(node);
    if (open === undefined) this.#open.set(node, (open = new Set()));
    open.add(resolve);
    const done = (): void => {
      open.delete(resolve);
      resolve();
    };
    ask(remoteContract<NodeObjectsContract>(this.#kernel, node, ActorNumber.nodeObjects)).then(done, done);
    return promise;
  }

  isLost(node: PlaceId): boolean {
    return this.#lost.has(node);
  }

  /** Questions that wait. */
  get openCount(): number {
    let count = 0;
    for (const open of this.#open.values()) count += open.size;
    return count;
  }

  nodeLost(node: PlaceId): void {
    this.#lost.add(node);
    this.#told.delete(node);
    const open = this.#open.get(node);
    this.#open.delete(node);
    for (const resolve of open ?? []) resolve();
  }
}
