/** The user modules that a worker imports, some of which never finish. */

/** Imports a module by URL. */
export type ImportModule = (url: string) => Promise<Readonly<Record<string, unknown>>>;

/** One import under way or done. */
export interface ModuleImport {
  /** Settles as the import does; stays pending when the module waits for ever at `await init()`. */
  readonly namespace: Promise<Readonly<Record<string, unknown>>>;
  /** Resolves when something in this realm said that it will not go on, while this import was pending. */
  readonly suspended: Promise<void>;
}

interface Pending extends ModuleImport {
  readonly suspend: () => void;
}

/** Imports each module once in a realm. */
export class ModuleImports {
  readonly #all = new Map<string, ModuleImport>();
  readonly #pending = new Set<Pending>();

  /** Starts the import, or joins the one that was started. A failed import may be tried again. */
  import(url: string, importModule: ImportModule): ModuleImport {
    const known = this.#all.get(url);
    if (known !== undefined) return known;
    const { promise: suspended, resolve: suspend } = Promise.withResolvers<void>();
    const pending: Pending = { namespace: importModule(url), suspended, suspend };
    this.#all.set(url, pending);
    this.#pending.add(pending);
    pending.namespace.then(
      () => this.#pending.delete(pending),
      () => {
        this.#pending.delete(pending);
        this.#all.delete(url);
      },
    );
    return pending;
  }

  noteSuspension(): void {
    for (const { suspend } of this.#pending) suspend();
  }
}

/** The imports of this realm. */
export const moduleImports: ModuleImports = new ModuleImports();

/**
 * To be called by whatever returns a promise that never resolves because a user's module is being imported
 * (`init()`, and `get`, `wait` … outside a task). What that module would define later is then given up,
 * after the patience of who waits for it.
 */
export function noteSuspension(): void {
  moduleImports.noteSuspension();
}
