import type { ActorSpec } from "../../runtime/contracts/mod.ts";
import type { ActorId, Envelope, PlaceId } from "../../runtime/kernel/mod.ts";
import type { ActorTemplate } from "../../runtime/tasks/mod.ts";

/** What waits in the control store until its actor lives. */
export interface Relay {
  readonly incarnation: number;
  readonly envelope: Envelope;
}

const RESTART_MS = 50;
const RESTART_AT_MOST_MS = 5_000;

/** What is needed of a living actor beyond its row. There may be a hundred thousand: no maps where nothing is in them. */
export class Keeping {
  readonly spec: ActorSpec;
  readonly template: ActorTemplate;
  /** Places that hear of its states. */
  readonly watchers: PlaceId[] = [];
  /** Ids that stand for this actor by `getIfExists`, and who hears of its states under each. */
  aliases: Map<ActorId, PlaceId[]> | undefined = undefined;
  /** Times that it was made anew since it last lived. */
  #restarts = 0;
  #relays: Relay[] | undefined = undefined;

  constructor(spec: ActorSpec, template: ActorTemplate) {
    this.spec = spec;
    this.template = template;
  }

  /** `id` is the actor's own or an alias. */
  watch(id: ActorId, place: PlaceId): void {
    let { watchers } = this;
    if (id !== this.spec.id) {
      this.aliases ??= new Map();
      watchers = this.aliases.get(id) ?? [];
      this.aliases.set(id, watchers);
    }
    if (!watchers.includes(place)) watchers.push(place);
  }

  /** How long to wait before it is made anew: not at all after it has lived, ever longer while it never does. */
  restartDelay(): number {
    const delay = this.#restarts === 0 ? 0 : Math.min(RESTART_AT_MOST_MS, RESTART_MS * 2 ** (this.#restarts - 1));
    this.#restarts++;
    return delay;
  }

  lives(): void {
    this.#restarts = 0;
  }

  forget(place: PlaceId): void {
    remove(this.watchers, place);
    for (const watchers of this.aliases?.values() ?? []) remove(watchers, place);
  }

  /** `ahead`: it must come before what waits already. */
  hold(relay: Relay, ahead: boolean): void {
    this.#relays ??= [];
    if (ahead) this.#relays.unshift(relay);
    else this.#relays.push(relay);
  }

  /** Gives out what waits. */
  release(): readonly Relay[] {
    const relays = this.#relays ?? [];
    this.#relays = undefined;
    return relays;
  }
}

function remove(places: PlaceId[], place: PlaceId): void {
  const at = places.indexOf(place);
  if (at >= 0) places.splice(at, 1);
}
