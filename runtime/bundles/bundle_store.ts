/** The bundles of a node, as files, so that all its workers import the same ones. */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Bundle } from "./bundle.ts";
import { withExternals } from "./external.ts";

export interface BundleStoreOptions {
  /** Made when it is first needed, for this user alone; whoever names it removes it. */
  readonly folder: string;
  /** Where packages are looked for that a bundle needs. */
  readonly workingFolder: string;
  /** Bytes of text; the bundles that were used the longest ago go first. Default: 1 GiB. */
  readonly maxBytes?: number;
}

const MAX_STORE_BYTES = 1024 * 1024 * 1024;
const PORTABLE = "bundle.json";

interface Kept {
  readonly name: string;
  readonly externals: readonly string[];
  readonly bytes: number;
  /** It was made here, and nobody else has it, or it is pinned. */
  stays: boolean;
}

/** A package that a bundle needs is not installed here. */
export class PackageMissing extends Error {
  readonly packages: readonly string[];

  constructor(packages: readonly string[], folder: string) {
    const names = packages.map((name) => `"${name}"`).join(", ");
    super(`it needs the package ${names}, which has native code and is not found from ${folder}; install it there, as native code cannot travel`);
    this.packages = packages;
  }
}

export class BundleStore {
  readonly #options: BundleStoreOptions;
  /** In order of use. */
  readonly #kept: Map<string, Kept> = new Map();
  readonly #unpacked: Map<string, Promise<string>> = new Map();

  constructor(options: BundleStoreOptions) {
    this.#options = options;
  }

  /** The bundle that a module's URL is of, if it is one of this store's. */
  idOf(url: string): string | undefined {
    const prefix = `${pathToFileURL(this.#options.folder).href}/`;
    const id = url.startsWith(prefix) ? url.slice(prefix.length).split("/", 1)[0] : undefined;
    return id !== undefined && /^[0-9a-f]{64}$/.test(id) ? id : undefined;
  }

  has(id: string): boolean {
    return this.#kept.has(id);
  }

  /** `stays`: it was made here, and is kept as long as the store. @throws Error when it is not what its id says. */
  async keep(bundle: Bundle, stays = false): Promise<void> {
    assertSound(bundle);
    const { id, name, text, externals } = bundle;
    if (this.#kept.has(id)) return;
    const bytes = new TextEncoder().encode(text).length;
    await this.#write(id, PORTABLE, JSON.stringify({ id, name, text, externals } satisfies Bundle));
    this.#kept.set(id, { name, externals, bytes, stays });
    await this.#trim(id);
  }

  /** From now on it stays, until it is removed. */
  pin(id: string): void {
    const kept = this.#kept.get(id);
    if (kept !== undefined) kept.stays = true;
  }

  /** Its files go, also when it stayed until now. */
  async remove(id: string): Promise<void> {
    this.#kept.delete(id);
    this.#unpacked.delete(id);
    await rm(join(this.#options.folder, id), { recursive: true, force: true });
  }

  /** The bundle as it travels; undefined when it is not kept (any more). */
  async read(id: string): Promise<Bundle | undefined> {
    if (!this.#kept.has(id)) return undefined;
    try {
      return JSON.parse(await readFile(join(this.#options.folder, id, PORTABLE), "utf8")) as Bundle;
    } catch (error) {
      // It was removed meanwhile.
      if (!this.#kept.has(id)) return undefined;
      throw error;
    }
  }

  /** The URL that this node's workers import a kept bundle by. @throws PackageMissing */
  async urlOf(id: string): Promise<string> {
    const kept = this.#kept.get(id);
    if (kept === undefined) throw new Error(`bundle ${id} is not kept here`);
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    let unpacked = this.#unpacked.get(id);
    if (unpacked === undefined) {
      unpacked = this.#unpack(id);
      this.#unpacked.set(id, unpacked);
      // A package may be there at the next try.
      unpacked.catch(() => this.#unpacked.delete(id));
    }
    return unpacked;
  }

  async #unpack(id: string): Promise<string> {
    const bundle = await this.read(id);
    if (bundle === undefined) throw new Error(`bundle ${id} is not kept here`);
    const { text, missing } = withExternals(bundle.text, this.#options.workingFolder);
    if (missing.length > 0) throw new PackageMissing([...new Set(missing.map(({ specifier }) => specifier))], this.#options.workingFolder);
    return pathToFileURL(await this.#write(id, bundle.name, text)).href;
  }

  /** Whole or not at all: workers import what is there. */
  async #write(id: string, name: string, text: string): Promise<string> {
    const folder = join(this.#options.folder, id);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, name);
    await writeFile(`${path}.part`, text, { mode: 0o600 });
    await rename(`${path}.part`, path);
    return path;
  }

  async #trim(newest: string): Promise<void> {
    let bytes = [...this.#kept.values()].reduce((sum, kept) => sum + kept.bytes, 0);
    for (const [id, kept] of [...this.#kept]) {
      if (bytes <= (this.#options.maxBytes ?? MAX_STORE_BYTES)) return;
      if (kept.stays || id === newest) continue;
      bytes -= kept.bytes;
      await this.remove(id);
    }
  }
}

/** What comes from another node names files here: the id is that of this text, and the name is one within its folder. */
function assertSound({ id, name, text, externals }: Bundle): void {
  const said = typeof text === "string" && id === createHash("sha256").update(text).digest("hex");
  if (!said) throw new Error("a bundle is not what its id says: it was changed on its way");
  if (typeof name !== "string" || !/^[^/\\\0]{1,250}\.mjs$/.test(name) || !Array.isArray(externals))
    throw new Error(`bundle ${id} has a name that is no file's`);
}
