import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildFailure, OnResolveArgs, Plugin, PluginBuild } from "esbuild";
import { type BundledText, type BundleRequest, bundleDefines, bundlingError, importKind, type SourceMap } from "./bundler.ts";

/** `require` and its neighbours, for CommonJS modules inside the bundle; on one line, under names that no module has. */
const PREAMBLE =
  'import { createRequire as __mobulaCreateRequire } from "node:module"; ' +
  "var __mobulaRequire = __mobulaCreateRequire(import.meta.url), __mobulaDirname = import.meta.dirname, __mobulaFilename = import.meta.filename;";
const OURS = "mobula";

let running = 0;

/** Bundles with esbuild, which is a process of its own while it works. Rejects with an error for people. */
export async function bundle({ entry, external }: BundleRequest): Promise<BundledText> {
  const { build, stop } = await import("esbuild");
  const folder = dirname(entry);
  const plugin: Plugin = {
    name: OURS,
    setup(build): void {
      build.onResolve({ filter: /./ }, async (met) => {
        if (met.kind === "entry-point" || met.pluginData === OURS) return undefined;
        const { path, importer, kind } = met;
        const found = async (): Promise<boolean> => (await resolved(build, met)) !== undefined || mapped(path) !== undefined;
        const written = await external({ specifier: path, importer, kind: importKind(kind), found });
        if (written !== undefined) return { path: written, external: true };
        // Import maps are this runtime's own; esbuild does not know them.
        if (/^(?:\.{0,2}\/|file:)/.test(path) || (await resolved(build, met)) !== undefined)
          return path.startsWith("file:") ? { path: fileURLToPath(path) } : undefined;
        const url = mapped(path);
        if (url === undefined) return undefined;
        return url.startsWith("file:") ? { path: fileURLToPath(url) } : { path: url, external: true };
      });
    },
  };
  running++;
  try {
    const { outputFiles } = await build({
      entryPoints: [entry],
      absWorkingDir: folder,
      outdir: folder,
      write: false,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "es2024",
      sourcemap: "external",
      treeShaking: false,
      ignoreAnnotations: true,
      logLevel: "silent",
      charset: "utf8",
      define: { ...bundleDefines, __dirname: "__mobulaDirname", __filename: "__mobulaFilename" },
      banner: { js: PREAMBLE },
      loader: { ".txt": "text" },
      plugins: [plugin],
      ...tsconfigOf(folder),
    });
    const text = outputFiles.find(({ path }) => path.endsWith(".js"))?.text;
    const map = outputFiles.find(({ path }) => path.endsWith(".map"))?.text;
    if (text === undefined || map === undefined) throw new Error("esbuild gave no module");
    const { sources, sourcesContent, mappings } = JSON.parse(map) as SourceMap;
    return { text: withRequire(text), map: { sources: sources.map((source) => resolve(folder, source)), sourcesContent, mappings } };
  } catch (error) {
    throw asBundlingError(error);
  } finally {
    // Its process would keep this one alive.
    if (--running === 0) await stop();
  }
}

async function resolved(build: PluginBuild, { path, importer, kind, resolveDir }: OnResolveArgs): Promise<string | undefined> {
  const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: OURS });
  return found.errors.length > 0 ? undefined : found.path;
}

/** What the program's import map makes of a specifier. */
function mapped(specifier: string): string | undefined {
  try {
    return import.meta.resolve(specifier);
  } catch {
    return undefined;
  }
}

/** esbuild's own `require` looks for a global one, which modules have not; its text is the same in every bundle. */
function withRequire(text: string): string {
  return text.replace(/^var __require = [\s\S]*?is not supported'\);$/m, (helper) => helper.replace(/\brequire\b/g, "__mobulaRequire"));
}

interface CompilerOptions {
  readonly [option: string]: unknown;
}

const COMPILED = ["jsx", "jsxFactory", "jsxFragmentFactory", "jsxImportSource", "experimentalDecorators"];

/** What the program's `deno.json` says of how its modules are compiled, in the words of a `tsconfig.json`. */
function tsconfigOf(start: string): { tsconfigRaw?: { compilerOptions: CompilerOptions } } {
  for (let folder = start; ; folder = dirname(folder)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      try {
        const text = readFileSync(join(folder, name), "utf8").replace(/^\s*\/\/.*$/gm, "");
        const options = Object.entries((JSON.parse(text) as { compilerOptions?: CompilerOptions }).compilerOptions ?? {});
        const compiled = options
          .filter(([option]) => COMPILED.includes(option))
          .map(([option, value]) => [option, value === "precompile" ? "react-jsx" : value]);
        return compiled.length === 0 ? {} : { tsconfigRaw: { compilerOptions: Object.fromEntries(compiled) as CompilerOptions } };
      } catch {
        // Not there, or not to be read as JSON: the folder above may have one.
      }
    }
    if (dirname(folder) === folder) return {};
  }
}

function asBundlingError(error: unknown): Error {
  const errors = (error as Partial<BuildFailure>).errors;
  if (errors === undefined) return error instanceof Error ? error : new Error(String(error));
  return bundlingError(
    errors.map(({ text, location }) => ({ text, place: location === null ? undefined : `${location.file}:${location.line}:${location.column + 1}` })),
  );
}
