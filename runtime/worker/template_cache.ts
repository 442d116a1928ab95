import type { FunctionsContract } from "../contracts/mod.ts";
import type { PlaceId, Remote } from "../kernel/mod.ts";
import { type ActorTemplate, type FunctionRecord, type TaskTemplate, type Template, templateKey } from "../tasks/mod.ts";

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

/** The templates that have been used at this place; each is fetched and materialised once. */
export class TemplateCache {
  readonly #loaded: Map<number, Loaded<Template>> = new Map();
  readonly #loading: Map<number, Promise<Loaded<Template>>> = new Map();
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

  #get(owner: PlaceId, number: number): Loaded<Template> | Promise<Loaded<Template>> {
    const key = templateKey(owner, number);
    const loaded = this.#loaded.get(key);
    if (loaded !== undefined) return loaded;
    if (owner === this.#place) {
      const own = this.#own.own(number);
      if (own !== undefined) return this.#keep(key, own.template, own.run);
    }
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = this.#load(key, owner, number).finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  async #load(key: number, owner: PlaceId, number: number): Promise<Loaded<Template>> {
    const template = (await this.#table.template(owner, number)) as Template;
    let materialised = this.#functions.get(template.functionId);
    if (materialised === undefined) {
      materialised = this.#table.function(template.functionId).then((record) => this.#materialise(record as FunctionRecord));
      this.#functions.set(template.functionId, materialised);
      materialised.catch(() => this.#functions.delete(template.functionId));
    }
    return this.#keep(key, template, await materialised);
  }

  #keep(key: number, template: Template, run: unknown): Loaded<Template> {
    const loaded: Loaded<Template> = {
      template,
      run: run as AnyFunction,
      resources: { ...template.options.resources },
      runtimeEnv: { ...(template.options.runtimeEnv as Record<string, unknown> | undefined) },
    };
    this.#loaded.set(key, loaded);
    return loaded;
  }
}
