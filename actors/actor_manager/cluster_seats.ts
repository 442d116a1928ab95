import type { GlobalSchedulerContract, SeatsContract } from "../../runtime/contracts/mod.ts";
import {
  type ActorId,
  ActorNumber,
  type Kernel,
  type NodeNumber,
  nodeOf,
  type PlaceId,
  placeId,
  type Remote,
  remoteContract,
  SYSTEM_SLOT,
  type Told,
  toldContract,
} from "../../runtime/kernel/mod.ts";
import { type ActorSeats, NoRoom, type SeatRequest } from "./actor_seats.ts";

export interface ClusterSeatsOptions {
  kernel: Kernel;
  /** The seats of the head's own node. */
  own: ActorSeats;
  global: Pick<Remote<GlobalSchedulerContract>, "place" | "withdraw">;
  /** Whether the head is the only node. */
  alone(): boolean;
  nodeIdOf(node: NodeNumber): string | undefined;
  numberOf(nodeId: string): NodeNumber | undefined;
}

interface RemoteSeat {
  readonly node: NodeNumber;
}

/** A node was chosen for an actor and is gone before it had given it a place. */
class NodeGone extends Error {}

/** Finds places for actors in the whole cluster: the global scheduler picks the node, and that node's seats the place. */
export class ClusterSeats {
  readonly #options: ClusterSeatsOptions;
  readonly #remote: Map<ActorId, RemoteSeat> = new Map();
  /** Actors that are being placed on other nodes, or on a node yet to be chosen. */
  readonly #placing: Map<ActorId, { cancelled: boolean }> = new Map();

  constructor(options: ClusterSeatsOptions) {
    this.#options = options;
  }

  find(request: SeatRequest, found: (place: PlaceId) => void, failed: (error: unknown) => void): void {
    const { own, alone, kernel } = this.#options;
    const isInline = own.isInline(request.template);
    const head = nodeOf(kernel.place);
    if (alone() || (isInline && nodeOf(request.owner) === head)) {
      own.find(request, found, failed);
      return;
    }
    const placing = { cancelled: false };
    this.#placing.set(request.id, placing);
    void this.#place(request, isInline, placing).then(
      (place) => {
        if (placing.cancelled) return;
        this.#placing.delete(request.id);
        found(place);
      },
      (error) => {
        if (placing.cancelled) return;
        this.#placing.delete(request.id);
        if (error instanceof NodeGone || error instanceof NoRoom) this.find(request, found, failed);
        else failed(error);
      },
    );
  }

  /** The actor has a seat on that node, which the head before had found. */
  adopt(id: ActorId, node: NodeNumber): void {
    if (node !== nodeOf(this.#options.kernel.place)) this.#remote.set(id, { node });
  }

  /** The node has a seat for the actor that the head before had found, and that is nobody's. */
  free(id: ActorId, node: NodeNumber): void {
    this.#tell(node).leave(id, "it is not wanted any more", true);
  }

  /** The first other node has come: what waits for the head's own node may find a place there. */
  nodeJoined(): void {
    for (const { request, found, failed } of this.#options.own.takeUnplaced()) this.find(request, found, failed);
  }

  settled(id: ActorId): void {
    const seat = this.#remote.get(id);
    if (seat === undefined) this.#options.own.settled(id);
    else this.#tell(seat.node).settled(id);
  }

  leave(id: ActorId, detail: string, force = false): void {
    const placing = this.#placing.get(id);
    if (placing !== undefined) {
      placing.cancelled = true;
      this.#options.global.withdraw(id).catch(() => {});
    }
    this.#placing.delete(id);
    const seat = this.#remote.get(id);
    this.#remote.delete(id);
    if (seat === undefined) this.#options.own.leave(id, detail, force);
    else this.#tell(seat.node).leave(id, detail, force);
  }

  /** A node is gone with the seats on it. */
  nodeLost(node: NodeNumber): void {
    for (const [id, seat] of this.#remote) if (seat.node === node && !this.#placing.has(id)) this.#remote.delete(id);
  }

  async #place(request: SeatRequest, isInline: boolean, placing: { readonly cancelled: boolean }): Promise<PlaceId> {
    const { own, global, kernel, numberOf, nodeIdOf } = this.#options;
    const from = nodeIdOf(nodeOf(request.owner)) ?? nodeIdOf(nodeOf(kernel.place)) ?? "";
    const node = isInline ? nodeOf(request.owner) : numberOf(await global.place(own.placementOf(request.template), from, request.id));
    if (placing.cancelled) throw new Error("it is not wanted any more");
    if (node === undefined) throw new NodeGone();
    if (node === nodeOf(kernel.place)) {
      return await new Promise((resolve, reject) => own.find({ ...request, placed: true }, resolve, reject));
    }
    const seat: RemoteSeat = { node };
    this.#remote.set(request.id, seat);
    const seats = remoteContract<SeatsContract>(kernel, placeId(node, SYSTEM_SLOT), ActorNumber.seats);
    try {
      const place = (await seats.seat(request.id, request.owner, request.template.number)) as PlaceId | null | undefined;
      if (typeof place !== "number") throw new NoRoom();
      return place;
    } catch (error) {
      if (this.#remote.get(request.id) === seat) this.#remote.delete(request.id);
      throw nodeIdOf(node) === undefined ? new NodeGone() : error;
    }
  }

  #tell(node: NodeNumber): Told<SeatsContract> {
    return toldContract<SeatsContract>(this.#options.kernel, placeId(node, SYSTEM_SLOT), ActorNumber.seats);
  }
}
