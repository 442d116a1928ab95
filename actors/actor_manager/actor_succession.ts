import type { ActorSpec, NodeStateWire } from "../../runtime/contracts/mod.ts";
import type { Death } from "../../runtime/errors/mod.ts";
import { type ActorId, type Clock, HEAD_PLACE, type PlaceId } from "../../runtime/kernel/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import type { Gcs } from "../gcs/mod.ts";
import type { ClusterSeats } from "./cluster_seats.ts";
import { decodeCreation } from "./creation.ts";
import type { Hosts } from "./hosts.ts";
import { Keeping } from "./keeping.ts";

export interface ActorSuccessionOptions {
  gcs: Gcs;
  clock: Clock;
  seats: Pick<ClusterSeats, "adopt" | "settled" | "free">;
  hosts: Hosts;
  keepings: Map<ActorId, Keeping>;
  hold(id: ActorId, place: PlaceId): void;
  isHeld(id: ActorId): boolean;
  /** A template that was kept with an actor. */
  learn(template: ActorTemplate): void;
  /** Finds it a place, once what its constructor takes is there. */
  begin(actor: Pick<ActorSpec, "id" | "needs">): void;
  place(id: ActorId): void;
  lose(id: ActorId, death: Death, restart: boolean): void;
  started(place: PlaceId, id: ActorId, incarnation: number): void;
  outOfScope(id: ActorId): void;
}

/** How long after the last node has come to a new head what nobody holds is let go. */
const UNHELD_AFTER_MS = 1_000;

/**
 * Takes over the actors of the head before: its tables say what there was, the nodes that come say what there is, and
 * where the two differ the nodes are right.
 */
export class ActorSuccession {
  readonly #options: ActorSuccessionOptions;
  readonly #gcs: Gcs;
  /** What the constructors take that have yet to run. */
  readonly #needs: Map<ActorId, readonly string[]> = new Map();

  constructor(options: ActorSuccessionOptions) {
    this.#options = options;
    this.#gcs = options.gcs;
  }

  /** Keeps again what the tables have. */
  restore(): void {
    const { lose, learn, hold, keepings } = this.#options;
    for (const { actorId: id, state, owner } of [...this.#gcs.actors.rows()]) {
      if (state === "DEAD") continue;
      const creation = this.#gcs.actors.creation(id);
      if (creation === undefined) {
        lose(id, { cause: "unknown", actorId: id, detail: "the head before had not kept what it was made from" }, false);
        continue;
      }
      const { spec, template } = decodeCreation(creation);
      learn(template);
      keepings.set(id, new Keeping(spec, template, owner));
      this.#needs.set(id, spec.needs);
      for (const kept of spec.keeps) hold(kept, HEAD_PLACE);
    }
  }

  /** Has those made that have no place, but for these: they are being made. */
  resume(except: readonly ActorId[]): void {
    for (const id of except) this.#needs.delete(id);
    for (const { actorId: id, state, place } of [...this.#gcs.actors.rows()]) {
      const needs = this.#needs.get(id);
      if (state !== "DEAD" && state !== "ALIVE" && place === undefined && needs !== undefined) this.#options.begin({ id, needs });
    }
    this.#needs.clear();
  }

  /** A node of the head before has come, with these actors. */
  returned(nodeId: string, { living, coming, busy, seated }: Omit<NodeStateWire, "workers" | "groups">): void {
    const { seats, started, lose, place: find, hosts } = this.#options;
    const { actors, nodes } = this.#gcs;
    const number = nodes.get(nodeId)?.number;
    if (number === undefined) return;
    const here = new Map([...living, ...coming].map((hosted) => [hosted[0], hosted] as const));
    const alive = new Set(living.map(([id]) => id));
    const silent = new Set(busy);
    for (const { actorId: id, nodeId: at, state, place, incarnation } of [...actors.rows()]) {
      if (state === "DEAD" || at !== nodeId || place === undefined) continue;
      const hosted = here.get(id);
      if (silent.has(place) || (hosted?.[1] === incarnation && hosted[2] === place)) {
        here.delete(id);
        seats.adopt(id, number);
        // Word of it may have been lost.
        if (state === "ALIVE") seats.settled(id);
        else if (alive.has(id)) started(place, id, incarnation);
      } else if (state === "ALIVE") lose(id, { cause: "unknown", actorId: id, detail: "it was gone when the head came back" }, true);
      else {
        actors.unassign(id);
        find(id);
      }
    }
    for (const [id, place] of seated) {
      const row = actors.row(id);
      if (row === undefined || row.state === "DEAD" || row.place !== place) seats.free(id, number);
    }
    for (const [id, incarnation, place] of here.values()) {
      hosts.at(place).stopActor(id, incarnation, "the head does not know it");
      seats.free(id, number);
    }
  }

  /** All that hold handles have said so: what nobody holds ends. */
  complete(): void {
    const { clock, isHeld, outOfScope } = this.#options;
    clock.after(UNHELD_AFTER_MS, () => {
      for (const { actorId: id, state } of [...this.#gcs.actors.rows()]) if (state !== "DEAD" && !isHeld(id)) outOfScope(id);
    });
  }
}
