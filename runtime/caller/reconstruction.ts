import { ObjectReconstructionFailedError } from "../errors/mod.ts";
import { isItem, type ObjectId, objectId, type PlaceId, taskId } from "../kernel/mod.ts";
import type { Pin } from "../references/mod.ts";
import { PayloadKind, type PayloadWire, payloadFromWire, payloadToWire } from "../values/mod.ts";
import type { Derivation, Input, Recipe, Run } from "./derivation.ts";
import type { Entry } from "./entry.ts";
import type { Lineage } from "./lineage.ts";
import type { ObjectClient } from "./object_client.ts";
import type { Outcomes } from "./outcomes.ts";

const NOT_MADE_HERE = "no task or call that could be tried again has made it";

export interface ReconstructionOptions {
  place: PlaceId;
  lineage: Lineage;
  objects: ObjectClient;
  outcomes: Outcomes;
  /** What has not ended and makes the object. */
  makerOf(id: ObjectId): Run | undefined;
  /** The generator that has not ended and has made the item. */
  generatorOf(item: ObjectId): Run | undefined;
  /** Tells the worker that makes a generator's items that all of them are taken. */
  consume(run: Run, producer: PlaceId): void;
}

/**
 * Makes lost values again: runs the tasks and calls that made them, and before these what made their arguments where
 * nobody has those any more. Each run costs one of `maxRetries`, of an actor's call one of `maxTaskRetries`. What cannot
 * be made again gets an ObjectReconstructionFailedError in its place.
 */
export class Reconstruction {
  readonly #options: ReconstructionOptions;

  constructor(options: ReconstructionOptions) {
    this.#options = options;
  }

  /** No node has these any more. */
  lost(ids: Iterable<ObjectId>): void {
    const { lineage, makerOf } = this.#options;
    const todo: ObjectId[] = [];
    for (const id of ids) {
      const maker = lineage.find(id)?.running ?? makerOf(id);
      if (maker === undefined) todo.push(id);
      // It made the value and is yet to be heard of; or it makes it again on its next attempt.
      else addLost(maker, id);
    }
    this.#recover(todo);
  }

  /** Nobody holds these any more. */
  released(ids: readonly ObjectId[]): void {
    const { lineage, objects, generatorOf } = this.#options;
    for (const id of ids) {
      // Items are taken and dropped while others are being made.
      const maker = lineage.find(id)?.running ?? (isItem(id) ? generatorOf(id) : undefined);
      maker?.large?.delete(id);
      maker?.lost?.delete(id);
      const entry = objects.references.find(id);
      // It is needed again since: what had been let go of is made anew.
      if (entry !== undefined && entry.handles > 0 && lineage.find(id) !== undefined) {
        objects.manager.expectAgain(id);
        objects.references.giveBack(id);
        this.lost([id]);
      } else lineage.released(id);
    }
  }

  /**
   * What was under way is tried again, or has failed: its results that came and went before this place heard of them are
   * counted no more. Returns what else of it was lost.
   */
  unheardOf(run: Run): ObjectId[] {
    if (run.lost === undefined) return [];
    // Of a generator that runs again some may have come.
    const own = new Set(run.entries.filter(({ ready }) => !ready).map(({ id }) => id));
    const others: ObjectId[] = [];
    for (const id of run.lost) {
      if (own.has(id) || (isItem(id) && run.derivation === undefined && run.large?.has(id) !== true)) this.#options.objects.references.giveBack(id);
      else others.push(id);
    }
    run.lost = undefined;
    return others;
  }

  /** A result has come. What was said to be lost of it before may be what an earlier attempt had made. */
  came(run: Run, id: ObjectId, kind: PayloadKind | undefined): void {
    if (run.lost?.delete(id) !== true) return;
    const { objects } = this.#options;
    if (kind === PayloadKind.sealed) objects.manager.cameAgain([id]);
    else objects.references.giveBack(id);
  }

  /** What ran again has ended with these results. */
  settle(task: Run, wires: readonly PayloadWire[]): void {
    for (const [index, wire] of wires.entries()) this.#settle(task, objectId(this.#options.place, task.sequence + index), wire);
  }

  /** A generator that runs again has made its next item, at `producer`. True when that was the last that was to come. */
  item(task: Run, { index, wire, producer }: { index: number; wire: PayloadWire; producer: PlaceId }): boolean {
    const { place, consume } = this.#options;
    // Nobody reads it at a pace of its own.
    if (index === 0) consume(task, producer);
    this.#settle(task, `${objectId(place, task.sequence)}.${index}`, wire);
    const remade = remadeOf(task);
    remade.items.add(index);
    return remade.items.size === remade.count;
  }

  /** It has ended after `count` items, some of which may be on their way. True when none is. */
  itemsEnd(task: Run, count: number): boolean {
    const remade = remadeOf(task);
    remade.count = count;
    return remade.items.size === count;
  }

  /** All of its items are here: what had been lost and is not among them will not come. */
  itemsMissing({ derivation, entries }: Run): void {
    for (const { id, ready } of entries) if (!ready) this.#fail(id, derivation, "its generator made fewer items when it ran again");
  }

  #settle(run: Run, id: ObjectId, wire: PayloadWire): void {
    const { outcomes } = this.#options;
    const { entries, derivation } = run;
    this.came(run, id, wire[0]);
    const entry = entries.find((each) => each.id === id);
    // It may have been brought here already, as something that was made.
    if (entry?.task !== undefined) outcomes.settle(entry, payloadFromWire(wire));
    // Nobody waits for it, or an earlier attempt of this run has given it; and somebody may have let go of it since.
    else outcomes.discard(id, payloadFromWire(wire), { isKnown: derivation?.held.has(id) === true });
  }

  #recover(ids: ObjectId[]): void {
    const { lineage } = this.#options;
    const runs = new Map<Derivation, Set<ObjectId>>();
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const derivation = lineage.find(id);
      const known = derivation && runs.get(derivation);
      const why = whyNot(derivation);
      if (known !== undefined) known.add(id);
      else if (derivation === undefined || why !== undefined) this.#fail(id, derivation, why ?? NOT_MADE_HERE);
      else {
        runs.set(derivation, new Set([id]));
        for (const input of (derivation.recipe as Recipe).inputs) {
          if (input.derivation === undefined) this.#reviveItem(input);
          if (input.derivation === undefined || input.derivation.held.has(input.id)) continue;
          this.#revive(input);
          const { running } = input.derivation;
          if (running === undefined) ids.push(input.id);
          else addLost(running, input.id);
        }
      }
    }
    for (const [derivation, results] of runs) this.#run(derivation, results);
  }

  /** It is made again when its generator has ended, which still runs; or when that is tried again. */
  #reviveItem(input: Input): void {
    const generator = isItem(input.id) ? this.#options.generatorOf(input.id) : undefined;
    if (generator === undefined || generator.large?.has(input.id) === true) return;
    generator.large ??= new Set();
    generator.large.add(input.id);
    this.#revive(input);
    addLost(generator, input.id);
  }

  /** Nobody held it: its manager is to know it again. */
  #revive(input: Input): void {
    const { lineage, objects } = this.#options;
    lineage.revive(input);
    objects.adopt(input.id, true);
    objects.manager.expectAgain(input.id);
  }

  #run(derivation: Derivation, results: ReadonlySet<ObjectId>): void {
    const { sequence, source, retriesLeft, attempt } = derivation;
    const { arguments: args, inputs } = derivation.recipe as Recipe;
    const run = source.submit({
      sequence,
      arguments: { ...args, pins: inputs.map((input) => this.#hold(input)) },
      entries: derivation.results.filter((id) => results.has(id)).map((id) => this.#awaited(id)),
      retriesLeft: retriesLeft > 0 ? retriesLeft - 1 : retriesLeft,
      attempt: attempt + 1,
      derivation,
    });
    for (const entry of run.entries) entry.task = run;
    derivation.running = run;
  }

  #hold({ id }: Input): Pin {
    const pin = this.#options.objects.adopt(id, false);
    pin.hold();
    return pin;
  }

  /** The entry of a result that is to come again. */
  #awaited(id: ObjectId): Entry {
    const entry = this.#options.objects.adopt(id, false);
    entry.unpin();
    entry.payload = undefined;
    entry.view = undefined;
    return entry;
  }

  #fail(id: ObjectId, derivation: Derivation | undefined, reason: string): void {
    const { objects, outcomes, place } = this.#options;
    const made = derivation === undefined ? {} : { functionName: derivation.source.name, taskId: taskId(place, derivation.sequence) };
    const fault = objects.packFault(new ObjectReconstructionFailedError({ objectId: id, reason, ...made }));
    const entry = objects.references.find(id);
    entry?.unpin();
    if (entry === undefined) objects.manager.resolve(id, payloadToWire(fault));
    else outcomes.settle(entry, fault);
  }
}

function remadeOf(task: Run): NonNullable<Run["remade"]> {
  task.remade ??= { items: new Set(), count: Number.POSITIVE_INFINITY };
  return task.remade;
}

function addLost(maker: Run, id: ObjectId): void {
  maker.lost ??= new Set();
  maker.lost.add(id);
}

function whyNot(derivation: Derivation | undefined): string | undefined {
  if (derivation === undefined) return undefined;
  if (typeof derivation.recipe === "string") return derivation.recipe;
  return derivation.retriesLeft === 0 ? `${derivation.source.name} has run as often as its ${derivation.source.option} lets it` : undefined;
}
