import { type ActorStateWire, CallerOp } from "../../runtime/contracts/mod.ts";
import { type ActorId, ActorNumber, type Kernel, type PlaceId } from "../../runtime/kernel/mod.ts";
import type { Gcs } from "../gcs/mod.ts";
import type { Keeping } from "./keeping.ts";
import { deathOf, encodeDeath, type LastWords } from "./last_words.ts";

export interface ActorNewsOptions {
  kernel: Kernel;
  gcs: Gcs;
  keepings: ReadonlyMap<ActorId, Keeping>;
  deaths(): LastWords;
}

type News = readonly [to: PlaceId, id: ActorId, state: ActorStateWire];

/**
 * What those who hold handles hear of actors' states, each once it is written: another head must not know less than they
 * do. To who has heard of a second life, word of the first would be old.
 */
export class ActorNews {
  readonly #options: ActorNewsOptions;

  constructor(options: ActorNewsOptions) {
    this.#options = options;
  }

  /** Tells all that hold handles. */
  tell(id: ActorId): void {
    const keeping = this.#options.keepings.get(id);
    if (keeping === undefined) return;
    const state = this.stateOf(id);
    const news: News[] = Array.from(keeping.watchers, (watcher) => [watcher, id, state]);
    for (const [alias, watchers] of keeping.aliases ?? []) {
      const aliased = this.stateOf(id, alias);
      for (const watcher of watchers) news.push([watcher, alias, aliased]);
    }
    this.#send(news);
  }

  tellOne(to: PlaceId, id: ActorId, state: ActorStateWire): void {
    this.#send([[to, id, state]]);
  }

  #send(news: readonly News[]): void {
    const { kernel, gcs } = this.#options;
    const send = (): void => {
      for (const [to, id, state] of news) kernel.send(to, [ActorNumber.caller, CallerOp.actorState, id, state]);
    };
    const settled = gcs.settled();
    if (settled === undefined) send();
    else void settled.then(send);
  }

  stateOf(id: ActorId, alias?: ActorId): ActorStateWire {
    const row = this.#options.gcs.actors.row(id);
    if (row === undefined)
      return ["DEAD", -1, 0, this.#options.deaths().of(id) ?? encodeDeath({ cause: "unknown", actorId: id, detail: "this node does not know it" })];
    const phase = row.state === "DEPENDENCIES_UNREADY" || row.state === "PENDING_CREATION" ? "PENDING" : row.state;
    const wire: ActorStateWire = [phase, row.place ?? -1, row.incarnation];
    if (phase === "DEAD" || phase === "RESTARTING") wire[3] = this.#options.deaths().of(id) ?? encodeDeath(deathOf(row));
    if (alias !== undefined && alias !== id) {
      wire[3] ??= undefined;
      wire[4] = id;
    }
    return wire;
  }
}
