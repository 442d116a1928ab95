import type { Bundle } from "../../runtime/bundles/mod.ts";
import type { FunctionsContract } from "../../runtime/contracts/mod.ts";
import { type Caller, HEAD_PLACE, type Kernel, type NodeNumber, nodeOf, type PlaceId } from "../../runtime/kernel/mod.ts";
import { type FunctionRecord, type TaskTemplate, type Template, TemplateMap } from "../../runtime/tasks/mod.ts";
import { keptBytes } from "../../runtime/values/mod.ts";
import { FunctionTravel, type FunctionTravelOptions } from "./function_travel.ts";

/**
 * The functions, classes and templates that are known on a node. A question about one that is not known yet is
 * answered when it is: its definition is on its way on another link. The templates of another node's places are asked
 * of that node, and functions of the head, once; those that need modules come with those in bundles.
 */
export class FunctionDirectory implements FunctionsContract {
  readonly #kernel: Kernel;
  readonly #functions: Map<string, FunctionRecord> = new Map();
  readonly #templates: TemplateMap<Template> = new TemplateMap();
  readonly #functionWaiters: Map<string, ((record: FunctionRecord) => void)[]> = new Map();
  readonly #templateWaiters: TemplateMap<PromiseWithResolvers<Template>> = new TemplateMap();
  readonly #gone: Set<PlaceId> = new Set();
  readonly #travel: FunctionTravel;
  readonly #eager: boolean;

  constructor(options: FunctionTravelOptions) {
    this.#kernel = options.kernel;
    this.#travel = new FunctionTravel(options);
    this.#eager = options.eager === true;
  }

  define(_caller: Caller, record: FunctionRecord): void {
    if (this.#functions.has(record.id)) return;
    const { captures } = record;
    this.#functions.set(record.id, captures === undefined ? record : { ...record, captures: keptBytes(captures) });
    // Who needs it hears of what hinders it.
    if (this.#eager) this.#travel.portable(record).catch(() => {});
    for (const waiter of this.#functionWaiters.get(record.id) ?? []) waiter(record);
    this.#functionWaiters.delete(record.id);
  }

  publish(_caller: Caller, template: Template): void {
    const { owner, number } = template;
    if (this.#templates.get(owner, number) !== undefined) return;
    this.#templates.set(owner, number, template);
    this.#templateWaiters.get(owner, number)?.resolve(template);
    this.#templateWaiters.delete(owner, number);
  }

  function(caller: Caller, id: string): FunctionRecord | Promise<FunctionRecord> {
    const atHome = this.#isOurs(caller.from);
    if (this.#travel.isForeign(id)) {
      const brought = this.#travel.bring(id);
      return atHome ? brought.then((record) => this.#travel.local(record)) : brought;
    }
    const found = this.#functions.get(id) ?? waitFor(this.#functionWaiters, id);
    if (atHome) return found;
    return Promise.resolve(found).then((record) => this.#travel.portable(record));
  }

  here(_caller: Caller, record: FunctionRecord): FunctionRecord | Promise<FunctionRecord> {
    return this.#travel.isForeign(record.id) ? this.#travel.here(record) : record;
  }

  portable(_caller: Caller, record: FunctionRecord): Promise<FunctionRecord> {
    return this.#travel.portable(record);
  }

  bundle(_caller: Caller, id: string): Promise<Bundle> {
    return this.#travel.bundle(id);
  }

  template(_caller: Caller, owner: PlaceId, number: number): Template | Promise<Template> {
    const template = this.#templates.get(owner, number);
    if (template !== undefined) return template;
    // The head keeps the templates of actors that outlive their owners.
    if (this.#gone.has(owner) && (this.#isOurs(owner) || this.#kernel.isAt(HEAD_PLACE)))
      throw new Error(`the worker that submitted the call is gone, and template ${number} with it`);
    let waiter = this.#templateWaiters.get(owner, number);
    if (waiter === undefined) {
      waiter = Promise.withResolvers<Template>();
      this.#templateWaiters.set(owner, number, waiter);
      if (!this.#isOurs(owner)) void this.#fetch(owner, number);
    }
    return waiter.promise;
  }

  /** Brings a template here. Its function is on its way then, too, which may take longer: modules are bundled first. */
  async #fetch(owner: PlaceId, number: number): Promise<void> {
    try {
      const template = await this.#travel.template(owner, number);
      this.publish({ from: owner, attachments: [] }, template);
      // Who needs the function asks for it, and hears of what went wrong.
      if (this.#travel.isForeign(template.functionId)) await this.#travel.bring(template.functionId).catch(() => {});
    } catch (error) {
      this.#templateWaiters.get(owner, number)?.reject(error);
      this.#templateWaiters.delete(owner, number);
    }
  }

  #isOurs(place: PlaceId): boolean {
    return nodeOf(place) === nodeOf(this.#kernel.place);
  }

  /** Calls back once the template is known; never, when its owner goes before. */
  whenPublished(owner: PlaceId, number: number, action: () => void): void {
    new Promise((resolve) => resolve(this.template({ from: owner, attachments: [] }, owner, number))).then(action, () => {});
  }

  taskTemplate(owner: PlaceId, number: number): TaskTemplate | undefined {
    const template = this.#templates.get(owner, number);
    return template?.kind === "task" ? template : undefined;
  }

  anyTemplate(owner: PlaceId, number: number): Template | undefined {
    return this.#templates.get(owner, number);
  }

  /** Forgets the templates of a place that is gone. */
  dropOwner(owner: PlaceId): void {
    for (const [number, { kind }] of this.#templates.of(owner)) if (kind === "task") this.#templates.delete(owner, number);
    this.#gone.add(owner);
    for (const [number, waiter] of this.#templateWaiters.of(owner)) {
      waiter.reject(new Error("the worker that submitted the call is gone, and what it defined with it"));
      this.#templateWaiters.delete(owner, number);
    }
  }

  /** Forgets the functions and the templates of a node that is gone. */
  nodeLost(node: NodeNumber): void {
    this.#travel.nodeLost(node);
    // The head keeps the templates of actors that may be started again.
    const isHead = this.#kernel.isAt(HEAD_PLACE);
    this.#forget((template) => nodeOf(template.owner) === node && !(isHead && template.kind === "actor"));
  }

  /** On a head that takes over. */
  restore(): void {
    this.#travel.restore();
  }

  /** On the head: nothing of the job is left, and these functions go with it. */
  jobReleased(jobId: string, functions: readonly string[]): void {
    this.#travel.dropped(functions);
    // Places of this node that live may name theirs again.
    this.#forget(({ jobId: of, owner }) => of === jobId && (!this.#isOurs(owner) || this.#gone.has(owner)));
  }

  #forget(test: (template: Template) => boolean): void {
    for (const owner of this.#templates.owners()) {
      for (const [number, template] of this.#templates.of(owner)) if (test(template)) this.#templates.delete(owner, number);
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
