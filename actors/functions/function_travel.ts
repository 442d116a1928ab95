import type { Bundle, BundleStoreOptions, DefinitionTravel, PackageMissing } from "../../runtime/bundles/mod.ts";
import type { FunctionsContract } from "../../runtime/contracts/mod.ts";
import { FunctionNotFoundError } from "../../runtime/errors/mod.ts";
import {
  ActorNumber,
  HEAD_PLACE,
  type Kernel,
  type NodeNumber,
  nodeOf,
  type PlaceId,
  placeId,
  type Remote,
  remoteContract,
  SYSTEM_SLOT,
} from "../../runtime/kernel/mod.ts";
import { type FunctionRecord, homeOfFunction, type Template } from "../../runtime/tasks/mod.ts";
import type { Gcs } from "../gcs/mod.ts";
import { FunctionShelf } from "./function_shelf.ts";

export interface FunctionTravelOptions {
  readonly kernel: Kernel;
  /** For people. */
  readonly nodeId: string;
  readonly bundles: BundleStoreOptions;
  /** No other node will ever ask for a function, or have one. */
  readonly alone: boolean;
  /** All that is defined here runs elsewhere: it is bundled at once, as its files are then. */
  readonly eager?: boolean;
  /** How the room is loaded that makes and unpacks bundles. Default: by an import, when it is needed. */
  readonly load?: (() => Promise<BundlesRoom>) | undefined;
  /** The control store's tables, on the head. */
  readonly gcs?: () => Pick<Gcs, "functions" | "bundles"> | undefined;
}

export type BundlesRoom = typeof import("../../runtime/bundles/mod.ts");

interface Loaded {
  readonly travel: DefinitionTravel;
  readonly Missing: typeof PackageMissing;
}

/**
 * Functions between this node and others. What this node lacks it asks of the head, which keeps it on its shelf as long
 * as its job, or an actor of that, may need it. It comes with bundles in place of modules, is kept so, and is fitted to
 * this node when its workers ask.
 */
export class FunctionTravel {
  readonly #options: FunctionTravelOptions;
  readonly #kernel: Kernel;
  #loading: Promise<Loaded> | undefined;
  readonly #brought: Map<string, Promise<FunctionRecord>> = new Map();
  readonly #lost: Set<NodeNumber> = new Set();
  #shelf: FunctionShelf | undefined;
  /** Bundles that are kept for the functions on the shelf. */
  readonly #pinned: Set<string> = new Set();
  /** What the head before had kept is being made files of. */
  #restoring: Promise<void> | undefined;

  constructor(options: FunctionTravelOptions) {
    this.#options = options;
    this.#kernel = options.kernel;
    // What the head brings races with the end of the node that has it: a first use is too late to begin loading.
    if (!options.alone) void this.#loaded();
  }

  /** Whether a function was defined on another node. */
  isForeign(id: string): boolean {
    const home = homeOfFunction(id);
    return home !== undefined && home !== nodeOf(this.#kernel.place);
  }

  /** A function of this node's, or on the head of any node's, for another. @throws FunctionNotFoundError */
  async portable(record: FunctionRecord): Promise<FunctionRecord> {
    if (this.isForeign(record.id)) return this.#ofHead().take(record.id, () => this.#ofHome(record.id, (there) => there.portable(record)));
    try {
      const { travel } = await this.#loaded();
      return { ...record, definition: await travel.portable(record.definition) };
    } catch (error) {
      throw unreachable(record, `cannot reach another node: ${textOf(error)}`, error);
    }
  }

  /** A function of another node's, as it came. */
  bring(id: string): Promise<FunctionRecord> {
    if (this.#isHead) return this.#ofHead().take(id);
    let brought = this.#brought.get(id);
    if (brought === undefined) {
      brought = this.#head.function(id) as Promise<FunctionRecord>;
      this.#brought.set(id, brought);
      brought.catch(() => this.#brought.delete(id));
    }
    return brought;
  }

  /** A function that was brought, for this node's workers. @throws FunctionNotFoundError */
  async local(record: FunctionRecord): Promise<FunctionRecord> {
    const { travel, Missing } = await this.#loaded();
    try {
      return { ...record, definition: await travel.local(record.definition, (bundle) => this.#head.bundle(bundle) as Promise<Bundle>) };
    } catch (error) {
      if (error instanceof Missing) throw unreachable(record, `cannot run on node ${this.#options.nodeId}: ${error.message}`, error);
      throw error;
    }
  }

  /** A function inside a value: as `local`, of what its home makes of it. */
  async here(record: FunctionRecord): Promise<FunctionRecord> {
    const { filesOf } = await import("../../runtime/functions/mod.ts");
    if (filesOf(record.definition).length === 0) return record;
    return this.local(this.#isHead ? await this.portable(record) : ((await this.#head.portable(record)) as FunctionRecord));
  }

  async bundle(id: string): Promise<Bundle> {
    const { travel } = await this.#loaded();
    await this.#restoring;
    const found = await travel.read(id);
    if (found === undefined) throw new Error(`bundle ${id} is not kept on node ${this.#options.nodeId}: its job has ended`);
    return found;
  }

  /** On a head that takes over: the functions that the tables have are had again, with their bundles. */
  restore(): void {
    this.#restoring = this.#restore();
    // Who needs one of them hears that it is not there.
    this.#restoring.catch(() => {});
  }

  async #restore(): Promise<void> {
    const { functions, bundles } = this.#tables();
    const records = functions.definitions() as FunctionRecord[];
    if (records.length === 0) return;
    const { travel } = await this.#loaded();
    for (const bundle of await bundles.load()) await travel.keep(bundle);
    for (const { id, definition } of records) {
      const kept = await travel.bring(definition, (bundle) => this.#ofHome(id, (there) => there.bundle(bundle))).catch(() => undefined);
      if (kept !== undefined) this.#ofHead().restored(id, kept);
    }
    // Their jobs have ended meanwhile.
    this.#ofHead().dropped(records.flatMap(({ id }) => (functions.get(id) === undefined ? [id] : [])));
  }

  /** Forgets what was brought from a node that is gone: the head has what is still needed. */
  nodeLost(node: NodeNumber): void {
    this.#lost.add(node);
    for (const id of this.#brought.keys()) if (homeOfFunction(id) === node) this.#brought.delete(id);
  }

  /** On the head: the table keeps these no more. */
  dropped(ids: readonly string[]): void {
    this.#shelf?.dropped(ids);
  }

  /** A node's template, of the head when that node is gone. */
  async template(owner: PlaceId, number: number): Promise<Template> {
    const node = nodeOf(owner);
    if (!this.#lost.has(node)) {
      try {
        return (await this.#at(placeId(node, SYSTEM_SLOT)).template(owner, number)) as Template;
      } catch (error) {
        if (!this.#lost.has(node)) throw error;
      }
    }
    if (this.#isHead) throw new Error(`node ${node} is gone, and what it defined with it`);
    return (await this.#head.template(owner, number)) as Template;
  }

  get #isHead(): boolean {
    return this.#kernel.isAt(HEAD_PLACE);
  }

  get #head(): Remote<FunctionsContract> {
    return this.#at(HEAD_PLACE);
  }

  #at(place: PlaceId): Remote<FunctionsContract> {
    return remoteContract<FunctionsContract>(this.#kernel, place, ActorNumber.gcs);
  }

  #ofHead(): FunctionShelf {
    const { functions: table, bundles } = this.#tables();
    this.#shelf ??= new FunctionShelf({
      table,
      ask: (id) => this.#ofHome(id, (there) => there.function(id)),
      bundles: async (record) => {
        const { travel } = await this.#loaded();
        return travel.bring(record.definition, (bundle) => this.#ofHome(record.id, (there) => there.bundle(bundle)));
      },
      // Who needs one that could not be kept hears that it is not there.
      pin: (id) => void this.#pin(id).catch(() => {}),
      remove: (id) => {
        this.#pinned.delete(id);
        bundles.drop(id);
        // What is left of its files goes with the node's folder.
        void this.#loaded()
          .then(({ travel }) => travel.remove(id))
          .catch(() => {});
      },
    });
    return this.#shelf;
  }

  async #pin(id: string): Promise<void> {
    this.#pinned.add(id);
    const { travel } = await this.#loaded();
    travel.pin(id);
    const bundle = await travel.read(id);
    // Its job may have ended meanwhile.
    if (bundle !== undefined && this.#pinned.has(id)) this.#tables().bundles.keep(bundle);
  }

  #tables(): Pick<Gcs, "functions" | "bundles"> {
    const gcs = this.#options.gcs?.();
    if (gcs === undefined) throw new Error(`node ${this.#options.nodeId} is not the head, which alone keeps functions of other nodes`);
    return gcs;
  }

  /** Asks the node that defined a function. @throws FunctionNotFoundError when it is gone */
  async #ofHome<T>(id: string, question: (there: Remote<FunctionsContract>) => Promise<unknown>): Promise<T> {
    const home = homeOfFunction(id) ?? nodeOf(this.#kernel.place);
    try {
      return (await question(this.#at(placeId(home, SYSTEM_SLOT)))) as T;
    } catch (cause) {
      if (!this.#lost.has(home)) throw cause;
      const error = new FunctionNotFoundError({ functionName: id, cause });
      error.message = `function ${id} was asked for when the node that defined it was gone: ${textOf(cause)}`;
      throw error;
    }
  }

  /** A node that is alone needs neither a bundler nor a parser to start. */
  #loaded(): Promise<Loaded> {
    const { load = () => import("../../runtime/bundles/mod.ts") } = this.#options;
    this.#loading ??= load().then((room) => ({
      travel: new room.DefinitionTravel(new room.BundleStore(this.#options.bundles)),
      Missing: room.PackageMissing,
    }));
    return this.#loading;
  }
}

function unreachable({ name, definition: { url } }: FunctionRecord, what: string, cause: unknown): FunctionNotFoundError {
  // A bundle's name says nothing to people.
  const moduleUrl = url?.startsWith("file:") === true ? url : undefined;
  const error = new FunctionNotFoundError({ functionName: name, ...(moduleUrl === undefined ? {} : { moduleUrl }), cause });
  error.message = `function "${name || "(anonymous)"}"${moduleUrl === undefined ? "" : ` (defined in ${moduleUrl})`} ${what}`;
  return error;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
