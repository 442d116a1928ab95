/** One analysis: from a live function to its definition. */
import type { Binding } from "./binding.ts";
import type { Definition, ModuleDefinition, SourceDefinition } from "./definition.ts";
import { importCompletes, initialisedTooLate, whyNotEvaluated } from "./evaluation.ts";
import { FunctionNotFoundFault } from "./fault.ts";
import { type FunctionShape, shapeOf } from "./free_variables.ts";
import { isGlobalName } from "./globals.ts";
import { locate, type Origin } from "./locate.ts";
import { isSyntaxName, type Meaning, meaningNowhere, meaningOf, type Obstacle } from "./meaning.ts";
import type { MobulaPredicate } from "./mobula_import.ts";
import type { ModuleLookup } from "./module_source.ts";
import { shippedSource } from "./shipped_source.ts";
import { firstOrdinal, type SiteKey } from "./site.ts";
import type { SiteRegistry } from "./site_registry.ts";
import { sourceExpression } from "./source_text.ts";
import { isImportable } from "./specifier.ts";
import type { SourcePosition } from "./stack_frame.ts";
import { variableNameAt } from "./variable_name.ts";

/** What an analysis consults. */
export interface AnalysisParts {
  readonly sources: ModuleLookup;
  readonly registry: SiteRegistry;
  readonly isMobula: MobulaPredicate;
}

export interface AnalyseOptions {
  /** Names that the caller passes values for. */
  readonly captures?: Iterable<string>;
  /** The name to show; the function's own, or its variable's, when absent. */
  readonly name?: string | undefined;
  /**
   * Where the module itself cannot be imported for the definition, and all that is missing are its imports:
   * let the worker import those. Off: such a function is a fault.
   */
  readonly importBindings?: boolean;
}

/** Any function or class. */
export type Callable = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

export interface AnalysisOptions extends AnalyseOptions {
  readonly call?: { readonly frames: readonly SourcePosition[] } | undefined;
  /** Absent for a value, which no `remote(…)` registers. */
  readonly key?: () => SiteKey | undefined;
  readonly sequence: number;
}

/** See `Analyser`, which makes one for each function. */
export class Analysis {
  readonly #parts: AnalysisParts;
  readonly #fn: Callable;
  readonly #options: AnalysisOptions;
  readonly #captures: ReadonlySet<string>;
  #read: readonly SourcePosition[] | undefined;

  constructor(parts: AnalysisParts, fn: Callable, options: AnalysisOptions) {
    this.#parts = parts;
    this.#fn = fn;
    this.#options = options;
    this.#captures = new Set(options.captures);
  }

  /** Reading the stack is the dearest part of a simple analysis: left until it is needed. */
  get #frames(): readonly SourcePosition[] {
    this.#read ??= this.#options.call?.frames ?? [];
    return this.#read;
  }

  /** A value is not assigned to a variable where it is passed. */
  get #name(): string {
    if (this.#options.name !== undefined || this.#isValue) return this.#options.name ?? this.#fn.name;
    return this.#fn.name || variableNameAt(this.#frames[0], this.#parts.sources);
  }

  get #isValue(): boolean {
    return this.#options.key === undefined;
  }

  definition(): Definition {
    const shape = this.#shape();
    const open = shape.freeNames.filter((name) => !this.#captures.has(name));
    if (this.#isPlain(shape, open)) return this.#source(shape, []);
    const origin = locate(shape, this.#frames, this.#parts.sources);
    const bindings: Binding[] = [];
    const obstacles: Obstacle[] = [];
    for (const name of open) {
      const meaning = this.#meaning(name, origin, shape);
      if (meaning === "global") continue;
      if ("binding" in meaning) bindings.push(meaning.binding);
      else obstacles.push(meaning.obstacle);
    }
    if (obstacles.length === 0) return this.#source(shape, bindings, origin);
    const local = obstacles.filter(({ kind }) => kind === "local");
    if (local.length > 0) throw this.#fault(local, reasons(local));
    return this.#module(origin, obstacles) ?? this.#withImports({ shape, bindings, obstacles, origin }) ?? this.#giveUp(obstacles, origin);
  }

  #shape(): FunctionShape {
    const text = Function.prototype.toString.call(this.#fn);
    const shape = shapeOf(text);
    if (shape !== undefined && shape.form !== "accessor") return shape;
    const native = /\{\s*\[native code\]\s*\}\s*$/.test(text);
    throw new FunctionNotFoundFault({
      functionName: this.#name,
      reason: native
        ? "it is native or bound (fn.bind), so it has no source text"
        : shape === undefined
          ? "its source text could not be parsed"
          : "it is a getter or setter, which cannot be called",
      advice: "Wrap it in a function of your own, as in remote((...args) => target(...args)).",
    });
  }

  /**
   * True when every free name is surely a global, told without parsing a module: its text has no
   * declaration that could hide one.
   */
  #isPlain(shape: FunctionShape, open: readonly string[]): boolean {
    if (shape.dynamicImports.length > 0) return false;
    if (open.length === 0) return true;
    if (!open.every((name) => !isSyntaxName(name) && (isGlobalName(name) || shape.typeofOnly.has(name)))) return false;
    for (const url of new Set(this.#frames.map((frame) => frame.url))) {
      if (shippedSource(url) !== undefined) return false;
      const source = this.#parts.sources.find(url);
      if (source === undefined) continue;
      // A function imported from elsewhere has its names there.
      if (this.#fn.name !== "" && source.mayImport(this.#fn.name)) return false;
      if (open.some((name) => source.mayDeclare(name))) return false;
    }
    return true;
  }

  #meaning(name: string, { located }: Origin, shape: FunctionShape): Meaning {
    const meaning =
      located === undefined
        ? meaningNowhere(name)
        : meaningOf(name, located, {
            ...this.#parts,
            registry: this.#parts.registry,
            sequence: this.#options.sequence,
          });
    const harmless = meaning !== "global" && "obstacle" in meaning && meaning.obstacle.kind === "unknown" && shape.typeofOnly.has(name);
    return harmless ? "global" : meaning;
  }

  #source(shape: FunctionShape, bindings: readonly Binding[], origin: Origin = {}): SourceDefinition {
    const selfContained = bindings.length === 0 && shape.freeNames.length === 0;
    // A lambda in an argument is common and its text is enough: one id, and no look at the stack.
    const at = this.#isValue && selfContained && shape.dynamicImports.length === 0 ? undefined : this.#frames[0];
    const written = origin.located?.source;
    const home = written?.url ?? (origin.imported === undefined ? at?.url : undefined);
    const captured = shape.freeNames.filter((name) => this.#captures.has(name)).map((name): Binding => ({ name, kind: "capture" }));
    const refersToModule = bindings.some(({ kind }) => kind === "remote");
    return {
      kind: "source",
      name: this.#name,
      source: sourceExpression(shape, { name: this.#name, moduleUrl: home }),
      bindings: [...bindings, ...captured],
      url: at?.url.replace(/#.*$/, ""),
      line: at?.line,
      version: refersToModule ? written?.hash : undefined,
    };
  }

  /** The way by import, if the worker's import gives this very function. */
  #module(origin: Origin, obstacles: readonly Obstacle[]): ModuleDefinition | undefined {
    const { located, imported } = origin;
    const key = this.#options.key?.();
    const outermost = this.#frames.at(-1);
    const exported =
      located?.exportName !== undefined && importCompletes(located.source, this.#parts)
        ? { url: located.source.url, exportName: located.exportName }
        : located === undefined && imported?.url !== undefined && isImportable(imported.url)
          ? { url: imported.url, exportName: imported.name }
          : undefined;
    const registers = key !== undefined && this.#whyUnregistered(origin, obstacles) === undefined;
    if (exported !== undefined && (!registers || exported.url !== outermost?.url)) return this.#moduleDefinition(exported);
    if (!registers || outermost === undefined) return undefined;
    return this.#moduleDefinition({ url: outermost.url, site: this.#stable(key), exportName: exported?.exportName });
  }

  #moduleDefinition(found: Pick<ModuleDefinition, "url" | "site" | "exportName">): ModuleDefinition {
    return { kind: "module", name: this.#name, ...found, version: this.#parts.sources.find(found.url)?.hash };
  }

  /** A module that was evaluated again (hot reload) numbers its definitions on; a worker starts from the first. */
  #stable(key: SiteKey): SiteKey {
    const straight = this.#frames.length === 1 && !this.#mayRepeat();
    return straight ? firstOrdinal(key) : key;
  }

  #mayRepeat(): boolean {
    const at = this.#frames[0];
    const source = at && this.#parts.sources.find(at.url);
    const offset = at && source?.offsetOf(at);
    const call = offset === undefined ? undefined : source?.syntax?.callAt(offset);
    return call === undefined || call.scope.kind !== "module";
  }

  /** The way by source with the worker importing what the module imports, if imports are all that is missing. */
  #withImports(found: { shape: FunctionShape; bindings: Binding[]; obstacles: Obstacle[]; origin: Origin }): SourceDefinition | undefined {
    if (this.#options.importBindings !== true) return undefined;
    const imports = found.obstacles.map(({ binding }) => binding);
    if (imports.some((binding) => binding === undefined)) return undefined;
    return this.#source(found.shape, [...found.bindings, ...imports.filter((binding) => binding !== undefined)], found.origin);
  }

  #giveUp(obstacles: readonly Obstacle[], origin: Origin): never {
    const why = this.#options.key === undefined ? this.#whyNoValue(origin.imported !== undefined) : this.#whyUnregistered(origin, obstacles);
    throw this.#fault(obstacles, why === undefined ? reasons(obstacles) : `${reasons(obstacles)}, and ${why}`);
  }

  #whyNoValue(isImported: boolean): string {
    return isImported ? "its module cannot be found by a worker" : "it is not exported from a module that a worker can import";
  }

  #whyUnregistered({ located }: Origin, obstacles: readonly Obstacle[]): string | undefined {
    const why = whyNotEvaluated(this.#frames, this.#parts);
    if (why !== undefined || located === undefined || located.source.url !== this.#frames.at(-1)?.url) return why;
    return initialisedTooLate(obstacles, { source: located.source, options: this.#parts });
  }

  #fault(obstacles: readonly Obstacle[], reason: string): FunctionNotFoundFault {
    const freeNames = obstacles.map(({ name }) => name);
    return new FunctionNotFoundFault({ functionName: this.#name, reason, freeNames, moduleUrl: this.#frames[0]?.url });
  }
}

function reasons(obstacles: readonly Obstacle[]): string {
  return obstacles.map(({ why }) => why).join("; ");
}
