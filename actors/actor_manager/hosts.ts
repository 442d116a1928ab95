import { ActorNumber, type Kernel, type PlaceId, type Told, toldContract } from "../../runtime/kernel/mod.ts";
import type { HostContract } from "../../runtime/worker/mod.ts";

/** The places that host actors, as they are spoken to. */
export class Hosts {
  readonly #kernel: Kernel;
  readonly #hosts: Map<PlaceId, Told<HostContract>> = new Map();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  at(place: PlaceId): Told<HostContract> {
    let host = this.#hosts.get(place);
    if (host === undefined) this.#hosts.set(place, (host = toldContract<HostContract>(this.#kernel, place, ActorNumber.executor)));
    return host;
  }

  /** These places are gone. */
  forget(isGone: (place: PlaceId) => boolean): void {
    for (const place of this.#hosts.keys()) if (isGone(place)) this.#hosts.delete(place);
  }
}
