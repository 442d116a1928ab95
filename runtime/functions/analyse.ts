/** Decides how a function or class travels to a worker. */
import { type AnalyseOptions, Analysis, type AnalysisParts, type Callable } from "./analysis.ts";
import type { Definition } from "./definition.ts";
import { isMobula, type MobulaPredicate } from "./mobula_import.ts";
import { type ModuleLookup, ModuleSources } from "./module_source.ts";
import { CallSite, type DefinitionSite, VALUE_DEPTH } from "./site.ts";
import { type SiteRegistry, sites } from "./site_registry.ts";

/** The stack at the time it is asked for: an analysis is one synchronous call. */
const here: Pick<CallSite, "frames"> = {
  get frames() {
    return new CallSite(VALUE_DEPTH).frames;
  },
};

/** Analyses functions against one set of module sources, each read and parsed at most once. */
export class Analyser implements AnalysisParts {
  readonly sources: ModuleLookup;
  readonly registry: SiteRegistry;
  readonly isMobula: MobulaPredicate;

  /** Defaults: files, this realm's registry, and this package. */
  constructor(parts: Partial<AnalysisParts> = {}) {
    this.sources = parts.sources ?? new ModuleSources();
    this.registry = parts.registry ?? sites;
    this.isMobula = parts.isMobula ?? isMobula;
  }

  /** How the function given to `remote(…)` travels. Throws FunctionNotFoundFault when it cannot. */
  analyse(fn: Callable, site: DefinitionSite, options: AnalyseOptions = {}): Definition {
    const { sequence } = site;
    return new Analysis(this, fn, { ...options, call: site, key: () => site.key, sequence }).definition();
  }

  /**
   * How a plain function inside an argument travels. `call`: where it was passed; by default the stack of this
   * call, which is looked at only if the function uses names of its surroundings. Throws FunctionNotFoundFault
   * when it cannot.
   */
  analyseValue(fn: Callable, call: Pick<CallSite, "frames"> = here, options: AnalyseOptions = {}): Definition {
    return new Analysis(this, fn, { ...options, call, sequence: Number.POSITIVE_INFINITY }).definition();
  }
}

const analyser = new Analyser();

/** How the function or class given to `remote(…)` travels. Throws FunctionNotFoundFault when it cannot. */
export function analyse(fn: Callable, site: DefinitionSite, options: AnalyseOptions = {}): Definition {
  return analyser.analyse(fn, site, options);
}

/** How a plain function inside an argument travels; see `Analyser.analyseValue`. */
export function analyseValue(fn: Callable, call: Pick<CallSite, "frames"> = here, options: AnalyseOptions = {}): Definition {
  return analyser.analyseValue(fn, call, options);
}
