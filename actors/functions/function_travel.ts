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
import { type FunctionRecord, homeOfFunction } from "../../runtime/tasks/mod.ts";

export interface FunctionTravelOptions {
  readonly kernel: Kernel;
  /** For people. */
  readonly nodeId: string;
  readonly bundles: BundleStoreOptions;
  /** No other node will ever ask for a function, or have one. */
  readonly alone: boolean;
  /** How the room is loaded that makes and unpacks bundles. Default: by an import, when it is needed. */
  readonly load?: (() => Promise<BundlesRoom>) | undefined;
}

export type BundlesRoom = typeof import("../../runtime/bundles/mod.ts");

interface Loaded {
  readonly travel: DefinitionTravel;
  readonly Missing: typeof PackageMissing;
}

/**
 * Functions between this node and others. What is brought from another node is kept as it came, with bundles in place
 * of modules, and is fitted to this node when its workers ask. What a node that is gone defined is asked of the head,
 * which has brought the classes of actors in time.
 */
export class FunctionTravel {
  readonly #kernel: Kernel;
  readonly #nodeId: string;
  readonly #bundles: BundleStoreOptions;
  readonly #load: () => Promise<BundlesRoom>;
  #loading: Promise<Loaded> | undefined;
  readonly #brought: Map<string, Promise<FunctionRecord>> = new Map();
  /** What stays when its home is gone. */
  readonly #stocked: Set<string> = new Set();
  readonly #lost: Set<NodeNumber> = new Set();

  constructor({ kernel, nodeId, bundles, alone, load }: FunctionTravelOptions) {
    this.#load = load ?? (() => import("../../runtime/bundles/mod.ts"));
    this.#kernel = kernel;
    this.#nodeId = nodeId;
    this.#bundles = bundles;
    // What stocks a function races with the end of the node that has it: a first use is too late to begin loading.
    if (!alone) void this.#loaded();
  }

  /** Whether a function was defined on another node. */
  isForeign(id: string): boolean {
    const home = homeOfFunction(id);
    return home !== undefined && home !== nodeOf(this.#kernel.place);
  }

  /** A function of this node's, for another. @throws FunctionNotFoundError */
  async portable(record: FunctionRecord): Promise<FunctionRecord> {
    try {
      const { travel } = await this.#loaded();
      return { ...record, definition: await travel.portable(record.definition) };
    } catch (error) {
      throw unreachable(record, `cannot reach another node: ${textOf(error)}`, error);
    }
  }

  /** A function of another node's, as it came. */
  bring(id: string): Promise<FunctionRecord> {
    let brought = this.#brought.get(id);
    if (brought === undefined) {
      brought = this.#askHome(id, (there) => there.function(id) as Promise<FunctionRecord>);
      this.#brought.set(id, brought);
      brought.catch(() => this.#brought.delete(id));
    }
    return brought;
  }

  /** The same with its bundles and with the functions that it names, for the time when its home is gone. */
  async stock(id: string): Promise<void> {
    if (this.#stocked.has(id) || !this.isForeign(id)) return;
    this.#stocked.add(id);
    const record = await this.bring(id);
    const { travel } = await this.#loaded();
    await travel.bring(record.definition, (bundle) => this.#bundle(bundle, id));
    for (const link of Object.values(record.links ?? {})) await this.stock((link as { functionId: string }).functionId);
  }

  /** A function that was brought, for this node's workers. @throws FunctionNotFoundError */
  async local(record: FunctionRecord): Promise<FunctionRecord> {
    const { travel, Missing } = await this.#loaded();
    try {
      return { ...record, definition: await travel.local(record.definition, (bundle) => this.#bundle(bundle, record.id)) };
    } catch (error) {
      if (error instanceof Missing) throw unreachable(record, `cannot run on node ${this.#nodeId}: ${error.message}`, error);
      throw error;
    }
  }

  /** A function inside a value: as `local`, of what its home makes of it. */
  async here(record: FunctionRecord): Promise<FunctionRecord> {
    const { filesOf } = await import("../../runtime/functions/mod.ts");
    if (filesOf(record.definition).length === 0) return record;
    return this.local(await this.#askHome(record.id, (there) => there.portable(record) as Promise<FunctionRecord>));
  }

  async bundle(id: string): Promise<Bundle> {
    const { travel } = await this.#loaded();
    const found = await travel.read(id);
    if (found === undefined) throw new Error(`bundle ${id} is not kept on node ${this.#nodeId}`);
    return found;
  }

  /** Forgets what was brought from a node that is gone, but for what was stocked. */
  nodeLost(node: NodeNumber): void {
    this.#lost.add(node);
    for (const id of this.#brought.keys()) if (homeOfFunction(id) === node && !this.#stocked.has(id)) this.#brought.delete(id);
  }

  /** Asks a node's directory, and the head's when that node is gone. */
  async ask<T>(node: NodeNumber, question: (there: Remote<FunctionsContract>) => Promise<T>): Promise<T> {
    const at = (place: PlaceId): Promise<T> => question(remoteContract<FunctionsContract>(this.#kernel, place, ActorNumber.gcs));
    if (!this.#lost.has(node)) {
      try {
        return await at(placeId(node, SYSTEM_SLOT));
      } catch (error) {
        if (!this.#lost.has(node)) throw error;
      }
    }
    if (this.#kernel.place === HEAD_PLACE) throw new Error(`node ${node} is gone, and what it defined with it`);
    return at(HEAD_PLACE);
  }

  /** A node that is alone starts without: it takes a parser, and a tenth of the time until the first result. */
  #loaded(): Promise<Loaded> {
    this.#loading ??= this.#load().then((room) => ({
      travel: new room.DefinitionTravel(new room.BundleStore(this.#bundles)),
      Missing: room.PackageMissing,
    }));
    return this.#loading;
  }

  #bundle(id: string, functionId: string): Promise<Bundle> {
    return this.#askHome(functionId, (there) => there.bundle(id) as Promise<Bundle>);
  }

  #askHome<T>(id: string, question: (there: Remote<FunctionsContract>) => Promise<T>): Promise<T> {
    return this.ask(homeOfFunction(id) ?? nodeOf(this.#kernel.place), question);
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
