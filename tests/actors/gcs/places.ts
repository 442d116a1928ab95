import type { Link } from "../../../net/mod.ts";
import { Kernel, type PlaceId } from "../../../runtime/kernel/mod.ts";
import { faultWire } from "../../../runtime/values/mod.ts";

/** Kernels of places that have links to each other: frames go through the real codec, one turn later. */
export class Places {
  readonly #kernels: Map<PlaceId, Kernel> = new Map();
  readonly #stalled: Set<PlaceId> = new Set();
  #late: (() => void)[] = [];

  /** The kernel of `place`, linked to all that there are. */
  add(place: PlaceId): Kernel {
    const kernel = new Kernel({ place, faults: faultWire });
    for (const [other, each] of this.#kernels) {
      kernel.connect(other, this.#link(each));
      each.connect(place, this.#link(kernel));
    }
    this.#kernels.set(place, kernel);
    return kernel;
  }

  /** From now on nothing arrives at `place`. */
  stall(place: PlaceId): void {
    this.#stalled.add(place);
  }

  /** Lets arrive what was held. */
  resume(place: PlaceId): void {
    this.#stalled.delete(place);
    for (const deliver of this.#late.splice(0)) deliver();
  }

  /** Every other place learns that this one is gone. */
  lose(place: PlaceId): void {
    this.#kernels.delete(place);
    for (const kernel of this.#kernels.values()) kernel.disconnect(place, new Error(`place ${place} is gone`));
  }

  #link(to: Kernel): Link {
    const deliver: Link["send"] = (frame) => {
      if (this.#stalled.has(frame.to)) this.#late.push(() => deliver(frame));
      else setImmediate(() => this.#kernels.has(to.place) && to.receive(frame));
    };
    return { send: deliver, close: () => {}, keepAlive: () => {} };
  }
}

/** Lets everything that is under way arrive. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
