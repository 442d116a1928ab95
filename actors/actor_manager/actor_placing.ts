import type { Death } from "../../runtime/errors/mod.ts";
import { type ActorId, type Clock, nodeOf, type PlaceId, workerId } from "../../runtime/kernel/mod.ts";
import type { ActorSeat, Gcs } from "../gcs/mod.ts";
import type { ClusterSeats } from "./cluster_seats.ts";
import type { Hosts } from "./hosts.ts";
import type { Keeping } from "./keeping.ts";
import { isRefusal } from "./placement.ts";

export interface ActorPlacingOptions {
  gcs: Gcs;
  clock: Clock;
  seats: Pick<ClusterSeats, "find" | "leave">;
  hosts: Hosts;
  keepings: ReadonlyMap<ActorId, Keeping>;
  /** It could not be placed; `restart`: to try again may end otherwise. */
  failed(id: ActorId, death: Death, restart: boolean): void;
}

/** Has actors made: finds each a place, and tells that place what it is made of. */
export class ActorPlacing {
  readonly #options: ActorPlacingOptions;
  readonly #gcs: Gcs;

  constructor(options: ActorPlacingOptions) {
    this.#options = options;
    this.#gcs = options.gcs;
  }

  place(id: ActorId): void {
    const { seats, keepings, failed } = this.#options;
    const keeping = keepings.get(id);
    const row = this.#gcs.actors.row(id);
    if (keeping === undefined || row === undefined || row.state === "DEAD") return;
    const { incarnation, owner } = row;
    seats.find(
      { id, owner, template: keeping.template },
      (place) => {
        const now = this.#gcs.actors.row(id);
        if (now === undefined || now.incarnation !== incarnation || now.state === "DEAD") {
          seats.leave(id, "it is not wanted any more");
          return;
        }
        this.#gcs.actors.assign(id, this.seatAt(place, incarnation));
        // Another head must not give it another place: it would live twice.
        const settled = this.#gcs.settled();
        if (settled === undefined) this.#make(keeping, place, incarnation);
        else void settled.then(() => this.#make(keeping, place, incarnation));
      },
      (error) => failed(id, { cause: "start-failed", actorId: id, error }, !isRefusal(error)),
    );
  }

  /** Makes the actor anew, but not over and over without a pause while it dies before it lives. */
  placeLater(id: ActorId): void {
    const delay = this.#options.keepings.get(id)?.restartDelay() ?? 0;
    if (delay === 0) {
      this.place(id);
      return;
    }
    const incarnation = this.#gcs.actors.row(id)?.incarnation;
    this.#options.clock.after(delay, () => {
      if (this.#gcs.actors.row(id)?.incarnation === incarnation) this.place(id);
    });
  }

  seatAt(place: PlaceId, incarnation: number): ActorSeat {
    const { nodeId } = this.#gcs.nodes.byNumber(nodeOf(place)) ?? {};
    return { incarnation, place, workerId: workerId(place), ...(nodeId !== undefined && { nodeId }) };
  }

  #make({ id, template, form, data }: Keeping, place: PlaceId, incarnation: number): void {
    const row = this.#gcs.actors.row(id);
    if (row?.incarnation !== incarnation || row.place !== place || row.state === "DEAD") return;
    this.#options.hosts.at(place).createActor(id, incarnation, row.owner, template.number, form, data);
  }
}
