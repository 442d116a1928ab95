/** A module with all that it imports as one text, which evaluates on any node. */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { platform, type SourceMap } from "../platform/mod.ts";
import { Externals } from "./external.ts";
import { MadePositions } from "./source_map.ts";

/** What travels. */
export interface Bundle {
  /** SHA-256 of the text: 64 hexadecimal digits. */
  readonly id: string;
  /** The file's name that stack traces show: `main.mjs` for a `main.ts`. */
  readonly name: string;
  readonly text: string;
  /** The installed packages that it needs where it runs. */
  readonly externals: readonly string[];
}

/** A bundle where it was made. */
export interface MadeBundle extends Bundle {
  readonly positions: MadePositions;
}

export interface BundleOptions {
  /** Bytes of text. Default: 64 MiB. */
  readonly maxBytes?: number;
}

/** Beyond this, most often, data was imported as code. */
export const MAX_BUNDLE_BYTES: number = 64 * 1024 * 1024;
const SHOWN_INPUTS = 5;

/**
 * Bundles a local module. The modules that it imports, and installed packages, are put in; this package, the runtime's
 * own modules, what is imported from the web, and packages with native code stay imports. Under
 * `if (import.meta.main)` nothing remains.
 *
 * Only code travels. In a bundle `import.meta.url` is the bundle's own file, so a module that reads files beside
 * itself does not find them: import such a file as JSON or as a module, pass its content as an argument, or put it
 * into an object. Of two top-level functions or classes with one name in different modules one gets another `name`.
 * Each bundle is a world of its own: a module that is in two of them is evaluated twice.
 *
 * @throws Error that says what cannot be bundled, and where
 */
export async function bundle(entryUrl: string, { maxBytes = MAX_BUNDLE_BYTES }: BundleOptions = {}): Promise<MadeBundle> {
  const entry = fileURLToPath(entryUrl.replace(/[?#].*$/, ""));
  const native = new Set<string>();
  for (;;) {
    const externals = new Externals(native);
    const { text, map } = await platform.bundle({ entry, external: (met) => externals.write(met) });
    const more = [...externals.discovered].filter((folder) => !native.has(folder));
    for (const folder of more) native.add(folder);
    if (more.length > 0) continue;
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > maxBytes)
      throw new Error(`its bundle has ${megabytes(bytes)} and may have ${megabytes(maxBytes)}; its largest modules: ${largest(map)}`);
    const id = createHash("sha256").update(text).digest("hex");
    const name = `${basename(entry).replace(/\.[^.]*$/, "")}.mjs`;
    return { id, name, text, externals: [...externals.packages].sort(), positions: new MadePositions(map, text) };
  }
}

function largest({ sources, sourcesContent }: SourceMap): string {
  return sources
    .map((source, index) => ({ source, size: sourcesContent[index]?.length ?? 0 }))
    .sort((one, other) => other.size - one.size)
    .slice(0, SHOWN_INPUTS)
    .map(({ source, size }) => `${source} (${megabytes(size)})`)
    .join(", ");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(bytes < 1024 * 1024 ? 3 : 1)} MiB`;
}
