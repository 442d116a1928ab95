import type { SeatsContract } from "../../runtime/contracts/mod.ts";
import type { Caller, PlaceId } from "../../runtime/kernel/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import type { ActorSeats } from "./actor_seats.ts";

/** A node's seats as the keeper of actors on the head asks for them. */
export class SeatsActor implements SeatsContract {
  readonly #seats: ActorSeats;
  readonly #template: (owner: PlaceId, number: number) => ActorTemplate | Promise<ActorTemplate>;

  constructor(seats: ActorSeats, template: (owner: PlaceId, number: number) => ActorTemplate | Promise<ActorTemplate>) {
    this.#seats = seats;
    this.#template = template;
  }

  async seat(_caller: Caller, id: string, owner: PlaceId, number: number): Promise<PlaceId> {
    const template = await this.#template(owner, number);
    return await new Promise((resolve, reject) => this.#seats.find({ id, owner, template, placed: true }, resolve, reject));
  }

  settled(_caller: Caller, id: string): void {
    this.#seats.settled(id);
  }

  leave(_caller: Caller, id: string, detail: string, force: boolean): void {
    this.#seats.leave(id, detail, force);
  }
}
