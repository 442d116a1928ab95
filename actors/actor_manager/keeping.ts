import type { ActorSpec } from "../../runtime/contracts/mod.ts";
import type { ActorId, Envelope, PlaceId } from "../../runtime/kernel/mod.ts";
import { type ActorTemplate, ArgumentForm, type ArgumentWire } from "../../runtime/tasks/mod.ts";
import { ownBytes } from "../gcs/mod.ts";

/** What waits in the control store until its actor lives. */
export interface Relay {
  readonly incarnation: number;
  readonly envelope: Envelope;
}

const RESTART_MS = 50;
const RESTART_AT_MOST_MS = 5_000;

/**
 * What is needed of a living actor beyond its row. There may be a hundred thousand: nothing is kept that will not be
 * used, and there are no maps and arrays where nothing, or one, is in them.
 */
export class Keeping {
  readonly id: ActorId;
  readonly template: ActorTemplate;
  /** Objects and actors that its arguments hold. */
  readonly keeps: readonly string[];
  /** Its constructor's arguments; gone once it lives, if it is never made anew. */
  form: ArgumentForm;
  data: unknown;
  /** Places that hear of its states. */
  #watchers: PlaceId | PlaceId[];
  /** Ids that stand for this actor by `getIfExists`, and who hears of its states under each. */
  aliases: Map<ActorId, PlaceId[]> | undefined = undefined;
  /** Times that it was made anew since it last lived. */
  #restarts = 0;
  #relays: Relay[] | undefined = undefined;

  /** `creator` hears of its states. */
  constructor({ id, form, data, keeps }: ActorSpec, template: ActorTemplate, creator: PlaceId) {
    this.id = id;
    this.template = template;
    this.keeps = keeps.length === 0 ? NOTHING : keeps;
    this.form = form;
    this.data = template.options.maxRestarts === 0 ? data : own(form, data);
    this.#watchers = creator;
  }

  get watchers(): readonly PlaceId[] {
    return typeof this.#watchers === "number" ? [this.#watchers] : this.#watchers;
  }

  /** `id` is the actor's own or an alias. */
  watch(id: ActorId, place: PlaceId): void {
    if (id === this.id) {
      if (typeof this.#watchers === "number") this.#watchers = [this.#watchers];
      add(this.#watchers, place);
      return;
    }
    this.aliases ??= new Map();
    const watchers = this.aliases.get(id) ?? [];
    this.aliases.set(id, watchers);
    add(watchers, place);
  }

  /** How long to wait before it is made anew: not at all after it has lived, ever longer while it never does. */
  restartDelay(): number {
    const delay = this.#restarts === 0 ? 0 : Math.min(RESTART_AT_MOST_MS, RESTART_MS * 2 ** (this.#restarts - 1));
    this.#restarts++;
    return delay;
  }

  lives(): void {
    this.#restarts = 0;
    if (this.template.options.maxRestarts === 0) this.data = undefined;
  }

  /** These places are gone. */
  forget(isGone: (place: PlaceId) => boolean): void {
    if (typeof this.#watchers !== "number") remove(this.#watchers, isGone);
    else if (isGone(this.#watchers)) this.#watchers = [];
    for (const watchers of this.aliases?.values() ?? []) remove(watchers, isGone);
  }

  /** `ahead`: it must come before what waits already. */
  hold(relay: Relay, ahead: boolean): void {
    this.#relays ??= [];
    if (ahead) this.#relays.unshift(relay);
    else this.#relays.push(relay);
  }

  /** Gives out what waits. */
  release(): readonly Relay[] {
    const relays = this.#relays ?? NOTHING;
    this.#relays = undefined;
    return relays;
  }
}

const NOTHING: readonly never[] = [];

function add(places: PlaceId[], place: PlaceId): void {
  if (!places.includes(place)) places.push(place);
}

function remove(places: PlaceId[], isGone: (place: PlaceId) => boolean): void {
  for (let at = places.length - 1; at >= 0; at--) if (isGone(places[at] as PlaceId)) places.splice(at, 1);
}

/** Arguments as they may be kept for long: what came in a frame is a view on it, and would keep all of it. */
function own(form: ArgumentForm, data: unknown): unknown {
  if (form === ArgumentForm.bare) return data;
  if (data instanceof Uint8Array) return ownBytes(data);
  return form === ArgumentForm.each
    ? (data as ArgumentWire[]).map((wire) => wire.map((part) => (part instanceof Uint8Array ? ownBytes(part) : part)))
    : data;
}
