import type { SeatsContract } from "../../runtime/contracts/mod.ts";
import type { ActorId, Caller, PlaceId } from "../../runtime/kernel/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";
import { type ActorSeats, NoRoom } from "./actor_seats.ts";

/** A node's seats as the keeper of actors on the head asks for them. */
export class SeatsActor implements SeatsContract {
  readonly #seats: ActorSeats;
  /** Those that have no place yet: the way to tell that there will be none. */
  readonly #asked: Map<ActorId, () => void> = new Map();
  readonly #template: (owner: PlaceId, number: number) => ActorTemplate | Promise<ActorTemplate>;

  constructor(seats: ActorSeats, template: (owner: PlaceId, number: number) => ActorTemplate | Promise<ActorTemplate>) {
    this.#seats = seats;
    this.#template = template;
  }

  /** Rejects when the actor leaves before it has a place. */
  async seat(_caller: Caller, id: ActorId, owner: PlaceId, number: number): Promise<PlaceId | undefined> {
    // Whoever asks for one anew knows of none.
    if (this.#asked.has(id) || this.#seats.has(id)) this.#leave(id, "it is not wanted any more", true);
    let left = false;
    const leaves = new Promise<never>((_resolve, reject) => {
      this.#asked.set(id, () => {
        left = true;
        this.#asked.delete(id);
        reject(new Error("it is not wanted any more"));
      });
    });
    const leave = this.#asked.get(id);
    const seated = async (): Promise<PlaceId> => {
      const template = await this.#template(owner, number);
      if (left) return await leaves;
      return await new Promise((resolve, reject) => this.#seats.find({ id, owner, template, placed: true }, resolve, reject));
    };
    try {
      return await Promise.race([seated(), leaves]);
    } catch (error) {
      if (error instanceof NoRoom) return undefined;
      throw error;
    } finally {
      if (this.#asked.get(id) === leave) this.#asked.delete(id);
    }
  }

  /** Whoever asked is gone: nobody waits for the places that have not been found. */
  abandon(): void {
    for (const [id, leave] of [...this.#asked]) {
      leave();
      this.#seats.leave(id, "the head that wanted it is gone");
    }
  }

  settled(_caller: Caller, id: string): void {
    this.#seats.settled(id);
  }

  leave(_caller: Caller, id: ActorId, detail: string, force: boolean): void {
    this.#leave(id, detail, force);
  }

  #leave(id: ActorId, detail: string, force: boolean): void {
    this.#asked.get(id)?.();
    this.#seats.leave(id, detail, force);
  }
}
