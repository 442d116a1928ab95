import type { FunctionsContract } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Caller, type Kernel, nodeOf, type PlaceId, remoteContract, systemPlaceOf } from "../../runtime/kernel/mod.ts";
import { type FunctionRecord, ownerOfKey, type TaskTemplate, type Template, templateKey } from "../../runtime/tasks/mod.ts";

/**
 * The functions, classes and templates that are known on a node. A question about one that is not known yet is
 * answered when it is: its definition is on its way on another link. What belongs to a place of another node is asked
 * of that node, once, and kept.
 */
export class FunctionDirectory implements FunctionsContract {
  readonly #kernel: Kernel;
  readonly #functions: Map<string, FunctionRecord> = new Map();
  readonly #templates: Map<number, Template> = new Map();
  readonly #functionWaiters: Map<string, ((record: FunctionRecord) => void)[]> = new Map();
  readonly #templateWaiters: Map<number, PromiseWithResolvers<Template>> = new Map();
  readonly #gone: Set<PlaceId> = new Set();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  define(_caller: Caller, record: FunctionRecord): void {
    if (this.#functions.has(record.id)) return;
    this.#functions.set(record.id, record);
    for (const waiter of this.#functionWaiters.get(record.id) ?? []) waiter(record);
    this.#functionWaiters.delete(record.id);
  }

  publish(_caller: Caller, template: Template): void {
    const key = templateKey(template.owner, template.number);
    if (this.#templates.has(key)) return;
    this.#templates.set(key, template);
    this.#templateWaiters.get(key)?.resolve(template);
    this.#templateWaiters.delete(key);
  }

  function(_caller: Caller, id: string): FunctionRecord | Promise<FunctionRecord> {
    return this.#functions.get(id) ?? waitFor(this.#functionWaiters, id);
  }

  template(_caller: Caller, owner: PlaceId, number: number): Template | Promise<Template> {
    const key = templateKey(owner, number);
    const template = this.#templates.get(key);
    if (template !== undefined) return template;
    if (this.#gone.has(owner)) throw new Error(`the worker that submitted the call is gone, and template ${number} with it`);
    let waiter = this.#templateWaiters.get(key);
    if (waiter === undefined) {
      waiter = Promise.withResolvers<Template>();
      this.#templateWaiters.set(key, waiter);
      if (nodeOf(owner) !== nodeOf(this.#kernel.place)) void this.#fetch(owner, number);
    }
    return waiter.promise;
  }

  /** Brings a template here with the function that it is of. */
  async #fetch(owner: PlaceId, number: number): Promise<void> {
    const there = remoteContract<FunctionsContract>(this.#kernel, systemPlaceOf(owner), ActorNumber.gcs);
    const caller: Caller = { from: owner, attachments: [] };
    try {
      const template = (await there.template(owner, number)) as Template;
      if (!this.#functions.has(template.functionId)) this.define(caller, (await there.function(template.functionId)) as FunctionRecord);
      this.publish(caller, template);
    } catch (error) {
      const key = templateKey(owner, number);
      this.#templateWaiters.get(key)?.reject(error);
      this.#templateWaiters.delete(key);
    }
  }

  /** Calls back once the template is known; never, when its owner goes before. */
  whenPublished(owner: PlaceId, number: number, action: () => void): void {
    new Promise((resolve) => resolve(this.template({ from: owner, attachments: [] }, owner, number))).then(action, () => {});
  }

  taskTemplate(owner: PlaceId, number: number): TaskTemplate | undefined {
    const template = this.#templates.get(templateKey(owner, number));
    return template?.kind === "task" ? template : undefined;
  }

  anyTemplate(owner: PlaceId, number: number): Template | undefined {
    return this.#templates.get(templateKey(owner, number));
  }

  /** Forgets the templates of a place that is gone. */
  dropOwner(owner: PlaceId): void {
    for (const [key, template] of this.#templates) {
      if (template.owner === owner && template.kind === "task") this.#templates.delete(key);
    }
    this.#gone.add(owner);
    for (const [key, waiter] of this.#templateWaiters) {
      if (ownerOfKey(key) !== owner) continue;
      waiter.reject(new Error("the worker that submitted the call is gone, and what it defined with it"));
      this.#templateWaiters.delete(key);
    }
  }
}

function waitFor<K, V>(waiters: Map<K, ((value: V) => void)[]>, key: K): Promise<V> {
  return new Promise((resolve) => {
    const waiting = waiters.get(key);
    if (waiting === undefined) waiters.set(key, [resolve]);
    else waiting.push(resolve);
  });
}
