/** Turns a definition back into a function or class, in the worker. */
import type { OuterBinding } from "./binding.ts";
import { type Definition, definitionId, type ModuleDefinition, type SourceDefinition } from "./definition.ts";
import { FunctionNotFoundFault } from "./fault.ts";
import { type ImportModule, moduleImports } from "./module_imports.ts";
import { rememberShipped } from "./shipped_source.ts";
import { type SiteRegistry, sites } from "./site_registry.ts";

/** A function or class that arrived. */
// biome-ignore lint/complexity/noBannedTypes: a function or a class, called or constructed by who knows which.
export type Materialised = Function;

export interface MaterialiseOptions {
  /** Gives the value of a binding here. `import` bindings are resolved without asking. */
  readonly resolveBinding: (binding: OuterBinding) => unknown;
  readonly importModule?: ImportModule;
  /**
   * How long to go on waiting where a module need not tell: for a definition that has not come when the module
   * is suspended (see `noteSuspension`); and, when it has come, for the rest of the module, whose variables it
   * may use, to be evaluated. Absent: not at all.
   */
  readonly patience?: () => Promise<void>;
}

const MAX_KEPT = 4096;
const FIRST_LINE = 3;

/**
 * Makes functions out of definitions, each once: the same definition gives the same function, unless it
 * captures values, which belong to one use. Rejects with FunctionNotFoundFault.
 */
export class Materialiser {
  readonly #options: MaterialiseOptions;
  readonly #registry: SiteRegistry;
  readonly #made = new Map<string, Promise<Materialised>>();
  readonly #atOnce = new Map<string, Materialised>();

  constructor(options: MaterialiseOptions, registry: SiteRegistry = sites) {
    this.#options = options;
    this.#registry = registry;
  }

  /** `id`: the definition's id, if the caller knows it. `resolveBinding` replaces the general one for this use. */
  async materialise(
    definition: Definition,
    {
      id = definitionId(definition),
      resolveBinding = this.#options.resolveBinding,
    }: { id?: string; resolveBinding?: MaterialiseOptions["resolveBinding"] } = {},
  ): Promise<Materialised> {
    const make = (): Promise<Materialised> =>
      definition.kind === "source" ? this.#compile(definition, id, resolveBinding) : this.#import(definition);
    if (definition.kind === "source" && definition.bindings.some(({ kind }) => kind === "capture")) return make();
    const known = this.#made.get(id);
    if (known !== undefined) return known;
    const made = make();
    this.#keep(id, made);
    return made;
  }

  #keep(id: string, made: Promise<Materialised>): void {
    const oldest = this.#made.keys().next();
    if (this.#made.size >= MAX_KEPT && oldest.done !== true) this.#made.delete(oldest.value);
    this.#made.set(id, made);
    // A failure is not kept: a file may be there at the next try.
    made.catch(() => this.#made.delete(id));
  }

  /** The function at once, where only its text is needed and what its names stand for is at hand; else undefined. */
  materialiseNow(
    definition: Definition,
    {
      id = definitionId(definition),
      resolveBinding = this.#options.resolveBinding,
    }: { id?: string; resolveBinding?: MaterialiseOptions["resolveBinding"] } = {},
  ): Materialised | undefined {
    if (definition.kind !== "source") return undefined;
    const known = this.#atOnce.get(id);
    if (known !== undefined) return known;
    const outer = outerBindings(definition);
    if (outer.some(({ kind }) => kind === "import")) return undefined;
    const values = outer.map((binding) => resolveBinding(binding));
    if (values.some((value) => value instanceof Promise)) return undefined;
    const made = this.#evaluate(definition, {
      id,
      outer,
      values: values.map((value, index) => this.#adopted(outer[index] as OuterBinding, value)),
    });
    if (this.#atOnce.size >= MAX_KEPT) this.#atOnce.clear();
    if (!outer.some(({ kind }) => kind === "capture")) this.#atOnce.set(id, made);
    return made;
  }

  async #compile(definition: SourceDefinition, id: string, resolveBinding: MaterialiseOptions["resolveBinding"]): Promise<Materialised> {
    const outer = outerBindings(definition);
    const values = await Promise.all(outer.map((binding) => this.#value(binding, resolveBinding)));
    return this.#evaluate(definition, { id, outer, values });
  }

  #evaluate(
    definition: SourceDefinition,
    { id, outer, values }: { id: string; outer: readonly OuterBinding[]; values: readonly unknown[] },
  ): Materialised {
    const body = functionBody(definition, id);
    try {
      return new Function(...outer.map(({ name }) => name), body.text)(...values) as Materialised;
    } catch (cause) {
      throw new FunctionNotFoundFault({
        functionName: definition.name,
        moduleUrl: definition.url,
        reason: `its source could not be compiled here: ${messageOf(cause)}`,
        cause,
      });
    } finally {
      // Nested definitions look up their names in this text.
      if (outer.length > 0) rememberShipped(body.url, { text: `\n\n${body.text}`, bindings: outer });
    }
  }

  async #value(binding: OuterBinding, resolveBinding: MaterialiseOptions["resolveBinding"]): Promise<unknown> {
    if (binding.kind === "import") {
      const namespace = await this.#importModule(binding.url).namespace;
      return binding.export === "*" ? namespace : namespace[binding.export];
    }
    return this.#adopted(binding, await resolveBinding(binding));
  }

  #adopted(binding: OuterBinding, value: unknown): unknown {
    const isObject = typeof value === "function" || (typeof value === "object" && value !== null);
    if (binding.kind === "remote" && isObject) this.#registry.adopt(binding.site, value);
    return value;
  }

  async #import(definition: ModuleDefinition): Promise<Materialised> {
    const { site, url } = definition;
    const { namespace, suspended } = this.#importModule(url);
    const waits: Promise<Materialised>[] = [
      namespace.then(
        (exports) => this.#afterImport(definition, exports),
        (cause) => {
          throw notFound(definition, `importing ${url} failed: ${messageOf(cause)}`, cause);
        },
      ),
      suspended.then(
        () =>
          this.#samePlace(definition) ??
          this.#options.patience?.().then(() => this.#afterSuspension(definition)) ??
          this.#afterSuspension(definition),
      ),
    ];
    if (site !== undefined) waits.push(this.#registry.expect(site).then((found) => found.site.fn as Materialised));
    try {
      const made = await Promise.race(waits);
      await this.#evaluated(definition.url);
      return made;
    } catch (fault) {
      if (site !== undefined) this.#registry.abandon(site);
      throw fault;
    } finally {
      for (const wait of waits) wait.catch(() => {});
    }
  }

  /** Between a definition and the end of its module there may be an await, and after it variables still to be set. */
  async #evaluated(url: string): Promise<void> {
    const { patience } = this.#options;
    if (patience === undefined) return;
    const { namespace, suspended } = this.#importModule(url);
    const settled = namespace.then(
      () => {},
      () => {},
    );
    await Promise.race([settled, suspended, patience()]);
  }

  #afterImport(definition: ModuleDefinition, exports: Readonly<Record<string, unknown>>): Materialised {
    const registered = this.#registered(definition);
    if (registered !== undefined) return registered;
    const exported = definition.exportName === undefined ? undefined : exports[definition.exportName];
    const made = this.#unwrapped(exported) ?? this.#resembling(definition);
    if (made !== undefined) return made;
    throw notFound(definition, `importing ${definition.url} did not define it; expected ${expected(definition)}`);
  }

  #afterSuspension(definition: ModuleDefinition): Materialised {
    const made = this.#registered(definition) ?? this.#resembling(definition);
    if (made !== undefined) return made;
    const { url } = definition;
    throw notFound(definition, `in a worker ${url} stops at its first top-level await of the cluster, before ${expected(definition)}`);
  }

  #registered({ site }: ModuleDefinition): Materialised | undefined {
    const object = site === undefined ? undefined : this.#registry.lookup(site);
    return this.#unwrapped(object);
  }

  #resembling(definition: ModuleDefinition): Materialised | undefined {
    const { site, name } = definition;
    return site === undefined
      ? undefined
      : (this.#samePlace(definition) ?? (this.#registry.sameName(site, name)?.site.fn as Materialised | undefined));
  }

  #samePlace({ site }: ModuleDefinition): Materialised | undefined {
    return site === undefined ? undefined : (this.#registry.samePlace(site)?.site.fn as Materialised | undefined);
  }

  /** A remote function's own function; a plain function itself. */
  #unwrapped(value: unknown): Materialised | undefined {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
    const site = this.#registry.siteOf(value);
    if (site !== undefined) return site.fn as Materialised;
    return typeof value === "function" ? value : undefined;
  }

  #importModule(url: string): ReturnType<typeof moduleImports.import> {
    return moduleImports.import(url, this.#options.importModule ?? ((specifier) => import(specifier)));
  }
}

/**
 * Makes the function of one definition, without keeping it. Resolves as soon as a module's definition has
 * registered, also when its import never ends. Rejects with FunctionNotFoundFault.
 */
export function materialise(definition: Definition, options: MaterialiseOptions): Promise<Materialised> {
  return new Materialiser(options).materialise(definition);
}

/** The text to compile, so that traces show the user's file, the line of the definition and the function's name. */
function functionBody({ name, source, bindings, url, line = 0 }: SourceDefinition, id: string): { text: string; url: string } {
  const sourceUrl = `${url ?? "mobula:function"}#${encodeURIComponent(name || "anonymous")}.${id.slice(0, 8)}`;
  const selves = bindings.filter(({ kind }) => kind === "self").map(({ name: self }) => self);
  // Engines put two lines before the text of `new Function`.
  const padding = "\n".repeat(Math.max(0, line - FIRST_LINE));
  const text = `${padding}"use strict"; ${returning(source, { name, selves })}\n//# sourceURL=${sourceUrl}`;
  return { text, url: sourceUrl };
}

function returning(source: string, { name, selves }: { name: string; selves: readonly string[] }): string {
  const [self, ...others] = selves;
  // An anonymous function is named after the variable or property that it is first assigned to.
  if (self === undefined) return `return ({ [${JSON.stringify(name)}]: (${source}\n) })[${JSON.stringify(name)}];`;
  return `const ${self} = (${source}\n)${others.map((other) => `, ${other} = ${self}`).join("")}; return ${self};`;
}

function expected({ site, exportName }: ModuleDefinition): string {
  const places = [];
  if (site !== undefined) places.push(`a remote(…) at ${site}`);
  if (exportName !== undefined) places.push(`an export "${exportName}"`);
  return places.join(" or ");
}

function notFound(definition: ModuleDefinition, reason: string, cause?: unknown): FunctionNotFoundFault {
  return new FunctionNotFoundFault({ functionName: definition.name, moduleUrl: definition.url, reason, cause });
}

function outerBindings(definition: SourceDefinition): OuterBinding[] {
  return definition.bindings.filter((binding): binding is OuterBinding => binding.kind !== "self");
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}
