import { isItem, type ObjectId, objectId, type PlaceId } from "../kernel/mod.ts";
import type { Pin } from "../references/mod.ts";
import { PayloadKind } from "../values/mod.ts";
import { bytesOfArguments, DERIVATION_BYTES, type Derivation, type Input, type Recipe, type Run, type Source } from "./derivation.ts";
import { Entry } from "./entry.ts";

/**
 * Bytes that a place keeps at most to run tasks again whose results are lost: of their arguments, and of what it notes of
 * each. When there are more, the older half goes, and results of those tasks can be made again no more.
 */
export const MAX_LINEAGE_BYTES: number = 256 * 1024 * 1024;

/**
 * How the large results of this place's tasks and calls were made: kept as long as one of them, or of what was made of
 * them, may be lost and needed. Small results are with their owners and are never lost.
 *
 * The values that a task took are not kept for its sake if they were made by tasks of this place, for they can be made
 * again as well; nor are those of `put`, unless they came as arguments and have no ref.
 *
 * After Wang et al., "Ownership: A Distributed Futures System for Fine-Grained Tasks", NSDI 2021.
 */
export class Lineage {
  readonly #place: PlaceId;
  readonly #limit: number;
  readonly #derivations: Map<ObjectId, Derivation> = new Map();
  /** Items that were taken by what is kept here, by their generators, which have not ended. */
  readonly #unfinished: Map<ObjectId, Set<Input>> = new Map();
  /** Oldest first. */
  readonly #kept: Set<Derivation> = new Set();
  #bytes = 0;

  constructor(place: PlaceId, limit: number = MAX_LINEAGE_BYTES) {
    this.#place = place;
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#kept.size;
  }

  find(id: ObjectId): Derivation | undefined {
    return this.#derivations.get(id);
  }

  /** Whether items of this generator may be needed again, though perhaps nobody holds them. */
  needsItemsOf(sequence: number): boolean {
    return this.#unfinished.has(objectId(this.#place, sequence));
  }

  /** A task or call has ended, with these large results, which somebody holds; this takes over its pins. */
  keep(run: Run, source: Source, large: readonly ObjectId[]): void {
    const { sequence, retriesLeft, attempt } = run;
    const own = objectId(this.#place, sequence);
    const taken = this.#unfinished.get(own) ?? [];
    this.#unfinished.delete(own);
    const results = new Set([...large, ...Array.from(taken, ({ id }) => id)]);
    const derivation: Derivation = {
      sequence,
      source,
      results: [...results],
      held: new Set(large),
      dependents: 0,
      recipe: source.limit === 0 ? letGo(run, `${source.name} has ${source.option}: 0`) : this.#recipeOf(run),
      retriesLeft,
      attempt,
      running: undefined,
    };
    for (const id of results) this.#derivations.set(id, derivation);
    for (const input of taken) {
      input.derivation = derivation;
      derivation.dependents++;
    }
    this.#kept.add(derivation);
    if (typeof derivation.recipe === "object") this.#bytes += derivation.recipe.bytes;
    if (this.#bytes > this.#limit) this.#evict();
  }

  /** Nobody holds this one any more. */
  released(id: ObjectId): void {
    const derivation = this.#derivations.get(id);
    if (derivation === undefined) return;
    derivation.held.delete(id);
    this.#dropUnneeded([derivation]);
  }

  /** A result that nobody held is made again. */
  revive({ id, derivation }: Input): void {
    derivation?.held.add(id);
  }

  /** It has run again. */
  ranAgain(derivation: Derivation, { retriesLeft, attempt }: Run): void {
    derivation.running = undefined;
    derivation.retriesLeft = retriesLeft;
    derivation.attempt = attempt;
    this.#dropUnneeded([derivation]);
  }

  #recipeOf({ arguments: args }: Run): Recipe {
    const inputs: Input[] = [];
    const pins: Pin[] = [];
    let bytes = DERIVATION_BYTES + bytesOfArguments(args);
    for (const pin of args.pins) {
      const derivation = this.#derivations.get(pin.id);
      const isOwn = pin instanceof Entry && pin.place === this.#place;
      if (derivation !== undefined) derivation.dependents++;
      else if (!(pin instanceof Entry)) {
        // An actor's handle: whoever holds none any more has done with the actor.
        pin.letGo();
        continue;
      } else if (!isOwn || pin.payload?.kind !== PayloadKind.sealed || args.unnamed?.includes(pin) === true) {
        bytes += pin.payload?.size ?? 0;
        pins.push(pin);
        continue;
      }
      const input: Input = { id: pin.id, derivation };
      inputs.push(input);
      if (derivation === undefined && isItem(pin.id)) this.#take(input);
      pin.letGo();
    }
    const { form, data, needs } = args;
    return { arguments: { form, data, needs }, inputs, pins, bytes };
  }

  /** Its generator has not ended. */
  #take(input: Input): void {
    const generator = generatorOf(input.id);
    const taken = this.#unfinished.get(generator);
    if (taken === undefined) this.#unfinished.set(generator, new Set([input]));
    else taken.add(input);
  }

  #leave(input: Input): void {
    const generator = generatorOf(input.id);
    const taken = this.#unfinished.get(generator);
    if (taken?.delete(input) === true && taken.size === 0) this.#unfinished.delete(generator);
  }

  #evict(): void {
    for (const derivation of this.#kept) {
      if (this.#bytes <= this.#limit / 2) return;
      if (derivation.running !== undefined) continue;
      const why = `more than ${this.#limit} bytes would have had to be kept to make such values again`;
      this.#dropUnneeded(this.#forget(derivation, why));
    }
  }

  /** Those that nobody needs go, and then perhaps those that made their inputs. */
  #dropUnneeded(derivations: Derivation[]): void {
    for (let derivation = derivations.pop(); derivation !== undefined; derivation = derivations.pop()) {
      const { held, dependents, running, recipe } = derivation;
      if (held.size > 0 || dependents > 0 || running !== undefined || !this.#kept.delete(derivation)) continue;
      for (const id of derivation.results) this.#derivations.delete(id);
      if (typeof recipe === "object") derivations.push(...this.#forget(derivation, "nobody held it any more"));
    }
  }

  /** Gives up what it takes to run it again. Returns those that made its inputs. */
  #forget(derivation: Derivation, reason: string): Derivation[] {
    const { recipe } = derivation;
    derivation.recipe = reason;
    if (typeof recipe === "string") return [];
    this.#bytes -= recipe.bytes;
    for (const pin of recipe.pins) pin.letGo();
    for (const input of recipe.inputs) if (input.derivation === undefined && isItem(input.id)) this.#leave(input);
    const inputs = recipe.inputs.flatMap(({ derivation: input }) => input ?? []);
    for (const input of inputs) input.dependents--;
    return inputs;
  }
}

/** The object that stands for a generator's end. */
function generatorOf(item: ObjectId): ObjectId {
  return item.slice(0, item.indexOf("."));
}

function letGo({ arguments: { pins } }: Run, reason: string): string {
  for (const pin of pins) pin.letGo();
  return reason;
}
