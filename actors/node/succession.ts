import type { HostedWire, NodeStateWire } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Clock, HEAD_PLACE, type Kernel, type PlaceId, remoteContract } from "../../runtime/kernel/mod.ts";
import type { HostContract } from "../../runtime/worker/mod.ts";
import type { ActorSeats, SeatsActor } from "../actor_manager/mod.ts";
import type { ObjectsActor } from "../objects/mod.ts";
import type { Bundles } from "../scheduler/mod.ts";
import type { WorkerPool } from "../workers/mod.ts";

/** How long a place may take to say who lives there. */
const ANSWER_MS = 500;

export interface SuccessionOptions {
  kernel: Kernel;
  clock: Clock;
  /** All places of this node. */
  places(): Iterable<PlaceId>;
  pool: WorkerPool;
  seats: ActorSeats;
  seatsActor: SeatsActor;
  bundles: Bundles;
  objects: ObjectsActor;
}

/** A node's part when another head takes over: it is asked again what was asked, and told what is here. */
export class Succession {
  readonly #options: SuccessionOptions;

  constructor(options: SuccessionOptions) {
    this.#options = options;
  }

  /** What the head before had begun here is nobody's. */
  gone(): void {
    this.#options.seatsActor.abandon();
  }

  /** Every place of this node, the system worker first, tells the head what it had told the one before. */
  succeeded(): void {
    const { kernel, objects, places } = this.#options;
    kernel.succeeded(HEAD_PLACE);
    objects.headSucceeded();
    for (const place of places()) kernel.send(place, [ActorNumber.kernel, "succeeded", HEAD_PLACE]);
  }

  /** Tells `head` what lives here; then the seats of actors that do not are free. */
  async tell(head: (state: NodeStateWire) => void): Promise<void> {
    const { pool, seats, bundles, places } = this.#options;
    const living: HostedWire[] = [];
    const coming: HostedWire[] = [];
    const busy: PlaceId[] = [];
    await Promise.all(
      Array.from(places(), async (place) => {
        const hosted = await this.#hosted(place);
        if (hosted === undefined) {
          busy.push(place);
          return;
        }
        for (const [id, incarnation] of hosted.living) living.push([id, incarnation, place]);
        for (const [id, incarnation] of hosted.coming) coming.push([id, incarnation, place]);
      }),
    );
    const workers = pool.list().flatMap(({ place, pid }) => (pid === undefined ? [] : [{ place, pid }]));
    const silent = new Set(busy);
    head({ workers, living, coming, busy, seated: seats.at(silent), groups: bundles.groups });
    // Word of a worker that ends with its seat must not come first: the actor would count as one that has died.
    seats.keepOnly(new Set([...living, ...coming].map(([id]) => id)), silent);
  }

  /** The actors of a place; none if it is busy with something else. */
  async #hosted(place: PlaceId): Promise<Awaited<ReturnType<HostContract["actors"]>> | undefined> {
    const { kernel, clock } = this.#options;
    const asked = remoteContract<Pick<HostContract, "actors">>(kernel, place, ActorNumber.executor).actors();
    const late = new Promise<undefined>((resolve) => void clock.after(ANSWER_MS, () => resolve(undefined)));
    return await Promise.race([asked, late]).catch(() => undefined);
  }
}
