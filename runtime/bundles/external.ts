/** The imports that stay imports in a bundle, and what becomes of them where it arrives. */
import { createRequire, isBuiltin } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMobula } from "../functions/mod.ts";
import type { MetImport } from "../platform/mod.ts";
import { type InstalledPackage, installedPackage, isNative, packageOfFile } from "./package.ts";

/** Stand for a module of this package, by its path without ending, and for one of an installed package, by its specifier. */
const OWN = "mobula:own/";
const PACKAGE = "mobula:package/";

const packageRoot = new URL("../../", import.meta.url).href;
const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
const ROOMS = /^(?:(?:runtime|boot|actors|net|util|testing|cli|libs|dashboard)\/.*|mod)\.[jt]s$/;
const NAMED_TESTING = /^(?:npm:|jsr:)?\/?(?:@mobula\/)?mobula(?:@[^/]+)?\/testing$/;

/** Decides for the imports of one bundle. */
export class Externals {
  /** The installed packages that are not in the bundle, by their names. */
  readonly packages: Set<string> = new Set();
  /** Packages that turned out to be native only when one of their files was met: the bundle is to be made again. */
  readonly discovered: Set<string> = new Set();
  readonly #native: ReadonlySet<string>;

  /** `native`: folders of packages that are known to be native. */
  constructor(native: ReadonlySet<string> = new Set()) {
    this.#native = native;
  }

  /** What is written for an import; undefined for what goes into the bundle. */
  async write({ specifier, importer, kind, found }: MetImport): Promise<string | undefined> {
    const importerUrl = pathToFileURL(importer).href;
    const own = ownModule(specifier, importerUrl);
    if (own !== undefined) return `${OWN}${own}`;
    if (specifier === "bun" || specifier.startsWith("bun:") || specifier.startsWith("node:")) return specifier;
    if (isBuiltin(specifier)) return `node:${specifier}`;
    if (/^(?:https?|npm|jsr|data):/.test(specifier)) return specifier;
    if (specifier.endsWith(".node")) return this.#nativeFile(specifier, importer);
    const installed = installedPackage(specifier, importer);
    if (installed !== undefined && this.#isNative(installed)) {
      this.packages.add(installed.name);
      return `${PACKAGE}${specifier}`;
    }
    // What may fail without harm, as an optional package in a `try`, fails where it runs.
    if (kind !== "import" && installed === undefined && !(await found())) return `${PACKAGE}${specifier}`;
    return undefined;
  }

  #isNative(installed: InstalledPackage): boolean {
    return this.#native.has(installed.folder) || isNative(installed);
  }

  #nativeFile(specifier: string, importer: string): string {
    const home = packageOfFile(importer);
    if (home === undefined)
      throw new Error(`${importer} loads the native file "${specifier}", which cannot travel; make it a package that is installed on every node`);
    this.discovered.add(home.folder);
    return specifier;
  }
}

/** The module of this package that a specifier names, by its path without ending. */
function ownModule(specifier: string, importerUrl: string): string | undefined {
  const entry = isMobula(specifier, importerUrl);
  if (entry !== undefined) return entry === "." ? "mod" : "util/mod";
  if (NAMED_TESTING.test(specifier)) return "testing/mod";
  const url = /^(?:\.{0,2}\/|file:)/.test(specifier) && URL.canParse(specifier, importerUrl) ? new URL(specifier, importerUrl).href : "";
  const path = url.startsWith(packageRoot) ? url.slice(packageRoot.length) : "";
  return ROOMS.test(path) ? path.replace(/\.[jt]s$/, "") : undefined;
}

/** A static import of a package that is not installed here. */
export interface MissingPackage {
  readonly specifier: string;
}

const STANDING = /((?:[Rr]equire|import)\(\s*)?"mobula:(own|package)\/([^"\\]+)"/g;

/**
 * A bundle's text with its external imports as this installation has them: this package's own modules, and packages as
 * they are found from `folder`. Lines stay; so do columns but on lines with such imports. `missing`: packages that
 * are not there, and that the bundle cannot do without.
 */
export function withExternals(text: string, folder: string): { text: string; missing: readonly MissingPackage[] } {
  const base = join(folder, "module.js");
  const missing: MissingPackage[] = [];
  const written = text.replace(STANDING, (_all, call: string | undefined, kind: string, name: string) => {
    const isRequire = call !== undefined && !call.startsWith("import");
    if (kind === "own") {
      const url = new URL(`${name}${ending}`, packageRoot);
      return `${call ?? ""}${JSON.stringify(isRequire ? fileURLToPath(url) : url.href)}`;
    }
    const path = resolved(name, base);
    if (path === undefined && call === undefined) missing.push({ specifier: name });
    // What a call cannot find, it says itself, to whoever may be waiting for that. By an absolute path, for a bare name
    // makes Bun ask its registry and install whatever has that name.
    const there = path ?? join(folder, "node_modules", name);
    return `${call ?? ""}${JSON.stringify(isRequire ? there : pathToFileURL(there).href)}`;
  });
  return { text: written.replaceAll("ateRequire(import.meta.url)", `ateRequire(${JSON.stringify(pathToFileURL(base).href)})`), missing };
}

/** Asks the runtime about installed packages alone. */
function resolved(specifier: string, base: string): string | undefined {
  if (installedPackage(specifier, base) === undefined) return undefined;
  try {
    return createRequire(base).resolve(specifier);
  } catch {
    return undefined;
  }
}
