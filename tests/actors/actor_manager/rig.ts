import { ActorManager } from "../../../actors/actor_manager/mod.ts";
import { Gcs, MemoryStorage, type Storage } from "../../../actors/gcs/mod.ts";
import type { ActorSpec, ActorStateWire } from "../../../runtime/contracts/mod.ts";
import { type ActorId, type Clock, type Envelope, HEAD_PLACE, type Kernel, type PlaceId } from "../../../runtime/kernel/mod.ts";
import { resolveActorOptions } from "../../../runtime/options/mod.ts";

const clock: Clock = { now: () => 1, soon: (action) => action(), after: () => () => {} };

/** The keeper of actors alone: where actors live is what the test says, and what it sends is noted. */
export class Rig {
  readonly sent: { to: PlaceId; envelope: Envelope }[] = [];
  /** Holds of the head itself, by id. */
  readonly holds: Map<string, number> = new Map();
  readonly gcs: Gcs;
  readonly manager: ActorManager;
  /** What every actor is made with. */
  readonly options: Parameters<typeof resolveActorOptions>[0] = {};
  seat: PlaceId = HEAD_PLACE + 5;

  constructor(storage: Storage = new MemoryStorage()) {
    this.gcs = new Gcs({ clock, storage });
    const count = (by: number) => (id: string, place: PlaceId) => {
      if (place === HEAD_PLACE) this.holds.set(id, (this.holds.get(id) ?? 0) + by);
    };
    this.manager = new ActorManager({
      kernel: { place: HEAD_PLACE, send: (to: PlaceId, envelope: Envelope) => void this.sent.push({ to, envelope }) } as unknown as Kernel,
      gcs: this.gcs,
      clock,
      seats: {
        find: (_request: unknown, found: (place: PlaceId) => void) => found(this.seat),
        settled: () => {},
        leave: () => {},
        adopt: () => {},
        free: () => {},
      },
      template: (owner: PlaceId, number: number) =>
        ({
          kind: "actor",
          owner,
          number,
          name: "A",
          jobId: "j",
          namespace: "n",
          functionId: "f",
          meta: {},
          options: resolveActorOptions(this.options),
        }) as never,
      whenHere: (_ids, action) => action(),
      hold: count(1),
      drop: count(-1),
      isHeld: () => true,
      learn: () => {},
    });
  }

  create(from: PlaceId, { id, keeps = [], data = [], ...options }: { id: ActorId; keeps?: string[]; data?: unknown } & Rig["options"]): void {
    Object.assign(this.options, options);
    // As a creator on another node has it done.
    for (const kept of keeps) this.holds.set(kept, (this.holds.get(kept) ?? 0) + 1);
    const spec: ActorSpec = { id, template: 1, form: 0, data, needs: [], keeps };
    this.manager.create({ from, attachments: [] }, spec.id, spec.template, spec.form, spec.data, spec.needs, spec.keeps);
  }

  /** The states of an actor that a place was told of. */
  news(to: PlaceId, id: ActorId): ActorStateWire[] {
    return this.sent.flatMap(({ to: at, envelope }) => (at === to && envelope[2] === id ? [envelope[3] as ActorStateWire] : []));
  }
}
