/** The remote functions of this realm by the site of their definition. */
import { type DefinitionSite, firstOrdinal, positionKey, type SiteKey } from "./site.ts";
import type { SourcePosition } from "./stack_frame.ts";

/** A live remote function or actor class and its definition. */
export interface Registration {
  readonly site: DefinitionSite;
  /** What `remote(…)` returned. */
  readonly object: object;
}

interface Entry {
  /** Absent for what was defined in another realm. */
  readonly site?: WeakRef<DefinitionSite>;
  readonly object: WeakRef<object>;
  readonly key: SiteKey;
  readonly spot: string;
  readonly sequence: number;
}

/** Registrations are held weakly, unless told otherwise: who holds the object keeps it findable. */
export class SiteRegistry {
  readonly #byKey = new Map<SiteKey, Entry>();
  readonly #bySpot = new Map<string, Set<Entry>>();
  readonly #sites = new WeakMap<object, DefinitionSite>();
  readonly #kept = new Set<object>();
  readonly #expected = new Map<SiteKey, ((found: Registration) => void)[]>();
  readonly #gone = new FinalizationRegistry<Entry>((entry) => this.#forget(entry));
  /** Registered, but not filed yet: filing reads the stack trace, which can wait. */
  #unfiled: Registration[] = [];

  /**
   * Remembers the object made at `site`. Cheap, unless a definition is being waited for. `keep`: for good, as nobody
   * else may hold it: the variables of a module that waits for ever are nobody's.
   */
  register(site: DefinitionSite, object: object, keep = false): void {
    if (keep) this.#kept.add(object);
    this.#sites.set(object, site);
    this.#unfiled.push({ site, object });
    if (this.#expected.size > 0 || this.#unfiled.length >= MAX_UNFILED) this.#file();
  }

  /**
   * Files an object under its key in another realm: what a shipped function was bound to, so that functions
   * nested in it can be bound to the same.
   */
  adopt(key: SiteKey, object: object): void {
    if (this.lookup(key) === undefined) this.#enter({ object: new WeakRef(object), key, spot: "", sequence: 0 }, object);
  }

  /** The object defined under this key in this realm, while it lives. */
  lookup(key: SiteKey): object | undefined {
    this.#file();
    return this.#byKey.get(key)?.object.deref();
  }

  /** The definition of an object that was registered here. */
  siteOf(object: object): DefinitionSite | undefined {
    return this.#sites.get(object);
  }

  /**
   * The definition at a position that code defined at `sequence` means: the last one before it (or
   * itself), else the first one after. So each run of a factory finds its own.
   */
  nearest(position: SourcePosition, sequence: number): SiteKey | undefined {
    this.#file();
    const entries = [...(this.#bySpot.get(positionKey(position)) ?? [])].filter((entry) => entry.object.deref() !== undefined);
    const before = entries.filter((entry) => entry.sequence <= sequence).sort((a, b) => b.sequence - a.sequence);
    const after = entries.filter((entry) => entry.sequence > sequence).sort((a, b) => a.sequence - b.sequence);
    return (before[0] ?? after[0])?.key;
  }

  /** Resolves when a definition with this key is registered, at once if it is. Never rejects: race it. */
  expect(key: SiteKey): Promise<Registration> {
    const present = this.#registration(key);
    if (present !== undefined) return Promise.resolve(present);
    return new Promise((found) => {
      const waiting = this.#expected.get(key) ?? [];
      waiting.push(found);
      this.#expected.set(key, waiting);
    });
  }

  /** Stops waiting for a key; its promises stay pending. */
  abandon(key: SiteKey): void {
    this.#expected.delete(key);
  }

  /**
   * The one definition that must be meant when keys differ, as between runtimes that record other frames: alone at
   * the same innermost position, or alone for the same outermost one, as JavaScriptCore drops the frames of tail calls.
   */
  samePlace(key: SiteKey): Registration | undefined {
    this.#file();
    const ordinal = ordinalOfKey(key);
    const here = [...(this.#bySpot.get(spotOfKey(key)) ?? [])].filter((entry) => ordinalOfKey(entry.key) === ordinal);
    if (here.length === 1 && here[0] !== undefined) return live(here[0]);
    const outermost = outermostOfKey(key);
    const beneath = [...this.#byKey.values()].filter((entry) => outermostOfKey(entry.key) === outermost && ordinalOfKey(entry.key) === ordinal);
    return beneath.length === 1 && beneath[0] !== undefined ? live(beneath[0]) : undefined;
  }

  /** The one definition that is alone in the same module with the same function name. */
  sameName(key: SiteKey, name: string): Registration | undefined {
    if (name === "") return undefined;
    this.#file();
    const url = spotOfKey(key).replace(/:\d+:\d+$/, "");
    const named = [...this.#byKey.values()].filter((entry) => {
      const site = entry.site?.deref();
      return entry.spot.replace(/:\d+:\d+$/, "") === url && (site?.fn as { name?: unknown } | undefined)?.name === name;
    });
    return named.length === 1 && named[0] !== undefined ? live(named[0]) : undefined;
  }

  #registration(key: SiteKey): Registration | undefined {
    this.#file();
    const entry = this.#byKey.get(key);
    return entry && live(entry);
  }

  #file(): void {
    const unfiled = this.#unfiled;
    this.#unfiled = [];
    for (const { site, object } of unfiled) {
      const key = site.key;
      const innermost = site.frames[0];
      if (key === undefined || innermost === undefined) continue;
      const entry = {
        site: new WeakRef(site),
        object: new WeakRef(object),
        key,
        spot: positionKey(innermost),
        sequence: site.sequence,
      };
      this.#enter(entry, object);
      for (const found of this.#expected.get(key) ?? []) found({ site, object });
      this.#expected.delete(key);
    }
  }

  #enter(entry: Entry, object: object): void {
    this.#byKey.set(entry.key, entry);
    const here = this.#bySpot.get(entry.spot) ?? new Set();
    this.#bySpot.set(entry.spot, here.add(entry));
    this.#gone.register(object, entry);
  }

  #forget(entry: Entry): void {
    if (this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
    const here = this.#bySpot.get(entry.spot);
    here?.delete(entry);
    if (here?.size === 0) this.#bySpot.delete(entry.spot);
  }
}

const MAX_UNFILED = 256;

function live(entry: Entry): Registration | undefined {
  const site = entry.site?.deref();
  const object = entry.object.deref();
  return site === undefined || object === undefined ? undefined : { site, object };
}

function spotOfKey(key: SiteKey): string {
  return firstOrdinal(key).split(" < ", 1)[0] ?? "";
}

function outermostOfKey(key: SiteKey): string {
  return firstOrdinal(key).split(" < ").at(-1) ?? "";
}

function ordinalOfKey(key: SiteKey): string {
  return / #\d+$/.exec(key)?.[0] ?? "";
}

/** The registry of this realm. */
export const sites: SiteRegistry = new SiteRegistry();

/** Remembers in this realm the remote function or actor class made at `site`; see `SiteRegistry.register`. */
export function registerRemote(site: DefinitionSite, object: object, keep = false): void {
  sites.register(site, object, keep);
}

/** The remote function or actor class of this realm that was defined under `key`. */
export function lookupRemote(key: SiteKey): object | undefined {
  return sites.lookup(key);
}

/** Resolves with the object that `remote(…)` makes at that site while a module is imported here. */
export async function expectSite(key: SiteKey): Promise<object> {
  return (await sites.expect(key)).object;
}
