import type { FunctionsContract } from "../contracts/mod.ts";
import { goneWith, nodeOf, type PlaceId, type Remote, systemPlaceOf } from "../kernel/mod.ts";
import { type ActorTemplate, type FunctionRecord, homeOfFunction, type TaskTemplate, type Template, TemplateMap } from "../tasks/mod.ts";

export type AnyFunction = (...args: unknown[]) => unknown;
export type AnyClass = new (...args: unknown[]) => object;

/** A template made ready to run here. */
export interface Loaded<T extends Template> {
  readonly template: T;
  /** The function, or for an actor template the class. */
  readonly run: AnyFunction;
  readonly resources: Record<string, number>;
  readonly runtimeEnv: Record<string, unknown>;
}

/** Turns a function record into the live function or class, in this thread. */
export type Materialise = (record: FunctionRecord) => Promise<unknown>;

/** What this place itself has defined: its templates run here without travelling. */
export interface OwnTemplates {
  own(number: number): { template: Template; run: unknown } | undefined;
}

/** Templates that are kept; beyond, all are fetched again when they are used again, with their functions. */
const MAX_LOADED = 4_096;

/** The templates that have been used at this place; each is fetched and materialised once. */
export class TemplateCache {
  #loaded: TemplateMap<Loaded<Template>> = new TemplateMap();
  #count = 0;
  readonly #loading: TemplateMap<Promise<Loaded<Template>>> = new TemplateMap();
  readonly #functions: Map<string, Promise<unknown>> = new Map();
  readonly #table: Remote<FunctionsContract>;
  readonly #materialise: Materialise;
  readonly #place: PlaceId;
  readonly #own: OwnTemplates;

  constructor(options: {
    table: Remote<FunctionsContract>;
    materialise: Materialise;
    place: PlaceId;
    own: OwnTemplates;
  }) {
    this.#table = options.table;
    this.#materialise = options.materialise;
    this.#place = options.place;
    this.#own = options.own;
  }

  task(owner: PlaceId, number: number): Loaded<TaskTemplate> | Promise<Loaded<TaskTemplate>> {
    return this.#get(owner, number) as Loaded<TaskTemplate> | Promise<Loaded<TaskTemplate>>;
  }

  actor(owner: PlaceId, number: number): Loaded<ActorTemplate> | Promise<Loaded<ActorTemplate>> {
    return this.#get(owner, number) as Loaded<ActorTemplate> | Promise<Loaded<ActorTemplate>>;
  }

  /** A place is gone, or with a system worker's place its whole node: nothing comes from there any more. */
  forget(lost: PlaceId): void {
    const isGone = goneWith(lost);
    for (const owner of this.#loaded.owners()) if (isGone(owner)) this.#loaded.deleteOwner(owner);
    if (systemPlaceOf(lost) !== lost) return;
    for (const id of this.#functions.keys()) if (homeOfFunction(id) === nodeOf(lost)) this.#functions.delete(id);
  }

  #get(owner: PlaceId, number: number): Loaded<Template> | Promise<Loaded<Template>> {
    const loaded = this.#loaded.get(owner, number);
    if (loaded !== undefined) return loaded;
    if (owner === this.#place) {
      const own = this.#own.own(number);
      if (own !== undefined) return this.#keep(own.template, own.run);
    }
    let loading = this.#loading.get(owner, number);
    if (loading === undefined) {
      loading = this.#load(owner, number).finally(() => this.#loading.delete(owner, number));
      this.#loading.set(owner, number, loading);
    }
    return loading;
  }

  async #load(owner: PlaceId, number: number): Promise<Loaded<Template>> {
    const template = (await this.#table.template(owner, number)) as Template;
    let materialised = this.#functions.get(template.functionId);
    if (materialised === undefined) {
      materialised = this.#table.function(template.functionId).then((record) => this.#materialise(record as FunctionRecord));
      this.#functions.set(template.functionId, materialised);
      materialised.catch(() => this.#functions.delete(template.functionId));
    }
    return this.#keep(template, await materialised);
  }

  #keep(template: Template, run: unknown): Loaded<Template> {
    const loaded: Loaded<Template> = {
      template,
      run: run as AnyFunction,
      resources: { ...template.options.resources },
      runtimeEnv: { ...(template.options.runtimeEnv as Record<string, unknown> | undefined) },
    };
    if (++this.#count > MAX_LOADED) {
      this.#loaded = new TemplateMap();
      this.#functions.clear();
      this.#count = 1;
    }
    this.#loaded.set(template.owner, template.number, loaded);
    return loaded;
  }
}
