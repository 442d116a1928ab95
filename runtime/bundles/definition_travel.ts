/** Definitions between nodes: those that need modules name bundles on the way, and files again where they arrive. */
import { fileURLToPath } from "node:url";
import { type Definition, filesOf, IMPORTS_FILE, type ModuleDefinition, ModuleSources, type SiteKey } from "../functions/mod.ts";
import { type Bundle, bundle, type MadeBundle } from "./bundle.ts";
import type { BundleStore } from "./bundle_store.ts";
import type { MadePositions, TextPosition } from "./source_map.ts";

/** How a URL names a bundle on the way. */
const SCHEME = "mobula-bundle:";
const ON_THE_WAY = /mobula-bundle:([0-9a-f]{64})/g;
interface Travelling {
  readonly id: string;
  /** Absent when the module itself was a bundle: then its positions are the bundle's. */
  readonly positions?: MadePositions;
}

/** One node's side of it. */
export class DefinitionTravel {
  readonly #store: BundleStore;
  readonly #make: typeof bundle;
  /** By URL and the hash of its text: what changes on the disk later does not change what was sent. */
  readonly #made: Map<string, Promise<MadeBundle>> = new Map();
  readonly #fetching: Map<string, Promise<void>> = new Map();

  constructor(store: BundleStore, make: typeof bundle = bundle) {
    this.#store = store;
    this.#make = make;
  }

  /** A definition of this node, fit for others. Rejects with an Error that says what hinders it. */
  async portable(definition: Definition): Promise<Definition> {
    const travelling = new Map<string, Travelling>();
    for (const url of filesOf(definition)) {
      const version = definition.kind === "module" && definition.url === url ? definition.version : undefined;
      travelling.set(url, await this.#travelling(url, version));
    }
    if (travelling.size === 0) return definition;
    const named = (url: string): string => {
      const found = travelling.get(url);
      return found === undefined ? url : `${SCHEME}${found.id}`;
    };
    if (definition.kind === "module") return { ...definition, url: named(definition.url), ...siteIn(definition, travelling.get(definition.url)) };
    return {
      ...definition,
      source: definition.source.replace(IMPORTS_FILE, (_all, call: string, url: string) => `${call}${JSON.stringify(named(url))}`),
      bindings: definition.bindings.map((binding) => (binding.kind === "import" ? { ...binding, url: named(binding.url) } : binding)),
    };
  }

  /** A definition that came from another node, fit for this one's workers. `fetch` brings a bundle that is not here. */
  async local(definition: Definition, fetch: (id: string) => Promise<Bundle>): Promise<Definition> {
    const urls = new Map<string, string>();
    for (const id of await this.bring(definition, fetch)) urls.set(id, await this.#store.urlOf(id));
    if (urls.size === 0) return definition;
    const local = (value: string): string => value.replace(ON_THE_WAY, (all, id: string) => urls.get(id) ?? all);
    if (definition.kind === "module")
      return { ...definition, url: local(definition.url), ...(definition.site === undefined ? {} : { site: local(definition.site) as SiteKey }) };
    return {
      ...definition,
      source: local(definition.source),
      bindings: definition.bindings.map((binding) => (binding.kind === "import" ? { ...binding, url: local(binding.url) } : binding)),
    };
  }

  /** Brings the bundles that a definition names, as far as they are not here; gives their ids. */
  async bring(definition: Definition, fetch: (id: string) => Promise<Bundle>): Promise<readonly string[]> {
    const ids = [...new Set([...JSON.stringify(definition).matchAll(ON_THE_WAY)].map(([, id = ""]) => id))];
    for (const id of ids) if (!this.#store.has(id)) await this.#fetch(id, fetch);
    return ids;
  }

  /** The bytes of a bundle of this node's; undefined when it has none such. */
  read(id: string): Promise<Bundle | undefined> {
    return this.#store.read(id);
  }

  /** See `BundleStore`. */
  keep(bundle: Bundle): Promise<void> {
    return this.#store.keep(bundle);
  }

  /** See `BundleStore`. */
  pin(id: string): void {
    this.#store.pin(id);
  }

  remove(id: string): Promise<void> {
    return this.#store.remove(id);
  }

  async #travelling(url: string, version: string | undefined): Promise<Travelling> {
    const id = this.#store.idOf(url);
    if (id !== undefined) return { id };
    const source = new ModuleSources().find(url);
    const key = `${url} ${version ?? source?.hash}`;
    let made = this.#made.get(key);
    if (made === undefined) {
      if (version !== undefined && source !== undefined && source.hash !== version)
        throw new Error(`${url} has changed since it was defined, and what runs there is no longer to be had; start the program again`);
      made = this.#bundled(source?.url ?? url);
      this.#made.set(key, made);
      // A file may be mended before the next try.
      made.catch(() => this.#made.delete(key));
    }
    return made;
  }

  async #bundled(url: string): Promise<MadeBundle> {
    const made = await this.#make(url);
    await this.#store.keep(made, true);
    return made;
  }

  #fetch(id: string, fetch: (id: string) => Promise<Bundle>): Promise<void> {
    let fetching = this.#fetching.get(id);
    if (fetching === undefined) {
      fetching = fetch(id)
        .then((found) => this.#store.keep(found))
        .finally(() => this.#fetching.delete(id));
      this.#fetching.set(id, fetching);
    }
    return fetching;
  }
}

/** The same place in the bundle's text. A frame that is not in it stays. */
function siteIn({ site, url: home }: ModuleDefinition, travelling: Travelling | undefined): { site?: SiteKey } {
  if (site === undefined || travelling === undefined) return {};
  const [, frames = "", ordinal = ""] = /^(.*?)( #\d+)?$/s.exec(site) ?? [];
  const moved = frames.split(" < ").map((frame) => {
    const [, url, line, column] = /^(.*):(\d+):(\d+)$/.exec(frame) ?? [];
    if (url === undefined) return frame;
    const at = { line: Number(line), column: Number(column) };
    const there = placeIn(travelling, { url, home, at });
    return there === undefined ? frame : `${SCHEME}${travelling.id}:${there.line}:${there.column}`;
  });
  return { site: `${moved.join(" < ")}${ordinal}` as SiteKey };
}

function placeIn({ positions }: Travelling, { url, home, at }: { url: string; home: string; at: TextPosition }): TextPosition | undefined {
  if (positions === undefined) return url === home ? at : undefined;
  return url.startsWith("file:") ? positions.callAt(fileURLToPath(url.replace(/[?#].*$/, "")), at) : undefined;
}
