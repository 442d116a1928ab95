import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type BundledText, type BundleRequest, bundleDefines, bundlingError, importKind, type SourceMap } from "./bundler.ts";

/** The little of Bun's bundler that is used. */
interface BunBundling {
  build(options: Record<string, unknown>): Promise<{ outputs: { kind: string; path: string; text(): Promise<string> }[] }>;
}

interface PluginBuild {
  onResolve(options: { filter: RegExp }, resolve: (met: { path: string; importer: string; kind: string }) => unknown): void;
}

const bun = (globalThis as unknown as { Bun: BunBundling }).Bun;

/** Bundles with `Bun.build`, which works on threads of its own. Rejects with an error for people. */
export async function bundle({ entry, external }: BundleRequest): Promise<BundledText> {
  const plugin = {
    name: "mobula",
    setup(build: PluginBuild): void {
      build.onResolve({ filter: /./ }, async ({ path, importer, kind }) => {
        if (kind.startsWith("entry-point") || importer === "runtime") return undefined;
        const found = async (): Promise<boolean> => mayResolve(path, dirname(importer));
        const written = await external({ specifier: path, importer, kind: importKind(kind), found });
        if (written !== undefined) return { path: written, external: true };
        return path.startsWith("file:") ? { path: fileURLToPath(path) } : undefined;
      });
    },
  };
  const { outputs } = await bun
    .build({
      entrypoints: [entry],
      target: "node",
      format: "esm",
      sourcemap: "external",
      packages: "bundle",
      ignoreDCEAnnotations: true,
      define: bundleDefines,
      plugins: [plugin],
    })
    .catch((error: unknown) => {
      throw asBundlingError(error);
    });
  const asset = outputs.find(({ kind }) => kind !== "entry-point" && kind !== "sourcemap");
  if (asset !== undefined) throw new Error(`it imports a file that is no module (${asset.path}); read it in the function, or put it into an object`);
  const text = await outputs.find(({ kind }) => kind === "entry-point")?.text();
  const map = await outputs.find(({ kind }) => kind === "sourcemap")?.text();
  if (text === undefined || map === undefined) throw new Error("Bun.build gave no module");
  const { sources, sourcesContent, mappings } = JSON.parse(map) as SourceMap;
  return {
    text: text.replace(/\n\/\/# debugId=\w+\s*$/, "\n"),
    map: { sources: sources.map((source) => resolve(process.cwd(), source)), sourcesContent, mappings },
  };
}

/**
 * Whether the bundler may find what no package has: by a path, or by an alias of a `tsconfig.json`. Asking `Bun.resolve`
 * would do more: it installs what it does not find.
 */
function mayResolve(specifier: string, start: string): boolean {
  if (/^(?:\.{0,2}\/|#)/.test(specifier)) return true;
  for (let folder = start; ; folder = dirname(folder)) {
    try {
      return /"(?:paths|baseUrl)"\s*:/.test(readFileSync(join(folder, "tsconfig.json"), "utf8"));
    } catch {
      if (dirname(folder) === folder) return false;
    }
  }
}

interface BuildMessage {
  message?: string;
  position?: { file?: string; line?: number; column?: number } | null;
}

function asBundlingError(error: unknown): Error {
  const errors = (error as { errors?: BuildMessage[] }).errors ?? [error as BuildMessage];
  return bundlingError(
    errors.map(({ message, position }) => ({
      text: message ?? String(error),
      place: position?.file === undefined ? undefined : placeOf(position.file, position.line, position.column),
    })),
  );
}

/** The bundler has no line for what it made itself. */
function placeOf(file: string, line = 0, column = 0): string {
  return line < 1 ? file : `${file}:${line}:${column}`;
}
