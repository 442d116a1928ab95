/** Programs in memory, to analyse functions in. */
import {
  Analyser,
  type Definition,
  type DefinitionSite,
  FunctionNotFoundFault,
  ModuleSource,
  type SiteKey,
  SiteRegistry,
} from "../../../runtime/functions/mod.ts";

export const URL_OF_MAIN = "file:///app/main.ts";

/** Modules in memory, and functions "defined" at the places marked `/*1*\/`, `/*2*\/` … in the main one. */
export class Program {
  readonly modules: Map<string, ModuleSource> = new Map();
  readonly registry: SiteRegistry = new SiteRegistry();
  readonly analyser: Analyser;
  #sequence = 0;

  constructor(main: string, others: Record<string, string> = {}) {
    this.modules.set(URL_OF_MAIN, new ModuleSource(URL_OF_MAIN, main));
    for (const [name, text] of Object.entries(others)) {
      const url = `file:///app/${name}`;
      this.modules.set(url, new ModuleSource(url, text));
    }
    this.analyser = new Analyser({ sources: { find: (url) => this.modules.get(url) }, registry: this.registry });
  }

  get main(): ModuleSource {
    return this.modules.get(URL_OF_MAIN)!;
  }

  /** A site whose stack is the given marks, innermost first: the call right behind each mark. */
  site(fn: object, ...marks: readonly (number | string)[]): DefinitionSite {
    const frames = marks.map((mark) => {
      const [name, number] = String(mark).includes(":") ? String(mark).split(":") : ["main.ts", mark];
      const source = this.modules.get(`file:///app/${name}`)!;
      const at = source.text.indexOf(`/*${number}*/`) + `/*${number}*/`.length;
      return source.positionOf(at + (/^ray\s*\.\s*/.exec(source.text.slice(at))?.[0].length ?? 0));
    });
    const key = frames.map(({ url, line, column }) => `${url}:${line}:${column}`).join(" < ") as SiteKey;
    return { fn, frames, key, sequence: this.#sequence++ } as unknown as DefinitionSite;
  }

  /** Makes the function of this JavaScript text and analyses it as defined at the marks. */
  analyse(text: string, marks: readonly (number | string)[], options: { captures?: string[]; importBindings?: boolean } = {}): Definition {
    const fn = live(text);
    return this.analyser.analyse(fn, this.site(fn, ...marks), options);
  }

  value(text: string, marks: readonly (number | string)[]): Definition {
    const fn = live(text);
    return this.analyser.analyseValue(fn, this.site(fn, ...marks));
  }

  /** Registers a remote function as defined at a mark. */
  define(...marks: readonly (number | string)[]): { key: SiteKey } {
    const object = { key: "" as SiteKey };
    const site = this.site(object, ...marks);
    object.key = site.key!;
    this.registry.register(site, object);
    return object;
  }
}

export function live(text: string): (...args: never[]) => unknown {
  const names = ["ray", "get", "helper", "remote", "leaf"];
  return new Function(...names, `return (${text})`)();
}

export function faultOf(body: () => unknown): FunctionNotFoundFault {
  try {
    body();
  } catch (error) {
    if (error instanceof FunctionNotFoundFault) return error;
    throw error;
  }
  throw new Error("it was no fault");
}

export const bindingsOf = (definition: Definition): unknown[] => (definition.kind === "source" ? [...definition.bindings] : [definition.kind]);
