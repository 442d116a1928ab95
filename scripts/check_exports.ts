/**
 * Holds package.json and deno.json together: the same name of each face in both, each with a source, and each source
 * with its name; the same versions of the same dependencies; and no package imported by shipped code that is not a
 * dependency. The faces that the project may have are in `faces`.
 *
 *   bun scripts/check_exports.ts [--root DIR]
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { listFiles } from "./lib/files.ts";
import { type Finding, report, root as repository } from "./lib/report.ts";
import { isOutside, resolveImport, roomOf } from "./structure/rooms.ts";
import { imports, parseModule } from "./structure/syntax.ts";

/** The importable faces, and the command, with the source of each. */
const faces: Readonly<Record<string, string>> = {
  ".": "mod.ts",
  "./util": "util/mod.ts",
  "./testing": "testing/mod.ts",
};
const command = { name: "mobula", source: "cli/launcher.js" };

export interface Manifests {
  readonly npm: {
    readonly version?: string;
    readonly exports?: Readonly<Record<string, unknown>>;
    readonly bin?: Readonly<Record<string, string>>;
    readonly scripts?: Readonly<Record<string, string>>;
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly peerDependencies?: Readonly<Record<string, string>>;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  };
  readonly deno: {
    readonly version?: string;
    readonly exports?: Readonly<Record<string, string>>;
    readonly imports?: Readonly<Record<string, string>>;
  };
}

const compiled = (source: string, extension: string): string => `./dist/${source.replace(/\.ts$/, extension)}`;

function* faceProblems({ npm, deno }: Manifests, exists: (source: string) => boolean): Generator<string> {
  for (const [name, source] of Object.entries(faces)) {
    const wanted = exists(source);
    const packed = JSON.stringify(npm.exports?.[name]);
    const expected = JSON.stringify({ types: compiled(source, ".d.ts"), default: compiled(source, ".js") });
    if (wanted && packed !== expected) yield `package.json: exports["${name}"] must be ${expected}: ${source} is there`;
    if (!wanted && packed !== undefined) yield `package.json: exports["${name}"] has no source: ${source} is missing`;
    const direct = deno.exports?.[name];
    if (wanted && direct !== `./${source}`) yield `deno.json: exports["${name}"] must be "./${source}"`;
    if (!wanted && direct !== undefined) yield `deno.json: exports["${name}"] has no source: ${source} is missing`;
  }
  const known = [...Object.keys(faces), "./package.json"];
  for (const name of [...Object.keys(npm.exports ?? {}), ...Object.keys(deno.exports ?? {})]) {
    if (!known.includes(name)) yield `package.json: "${name}" is no known face: scripts/check_exports.ts lists them`;
  }
  const path = npm.bin?.[command.name];
  if (exists(command.source) !== (path !== undefined)) {
    yield `package.json: bin.${command.name} and ${command.source} must be there together`;
  } else if (path !== undefined && path !== compiled(command.source, ".js")) {
    yield `package.json: bin.${command.name} must be "${compiled(command.source, ".js")}"`;
  }
}

function* dependencyProblems({ npm, deno }: Manifests): Generator<string> {
  if (npm.version !== deno.version) yield `deno.json: version must be package.json's, ${npm.version}`;
  const mapped = Object.entries(deno.imports ?? {}).filter(([, target]) => target.startsWith("npm:"));
  for (const [name, range] of Object.entries(npm.dependencies ?? {})) {
    const expected = `npm:${name}@${range}`;
    if (deno.imports?.[name] !== expected) yield `deno.json: imports["${name}"] must be "${expected}"`;
  }
  for (const [name] of mapped) {
    if (npm.dependencies?.[name] === undefined) yield `deno.json: imports["${name}"] is no dependency of package.json`;
  }
  for (const script of ["preinstall", "install", "postinstall"]) {
    if (npm.scripts?.[script] !== undefined) yield `package.json: a package of ours runs no ${script} script`;
  }
}

/** What is wrong with the two manifests, given which sources there are. */
export function manifestProblems(manifests: Manifests, exists: (source: string) => boolean): string[] {
  return [...faceProblems(manifests, exists), ...dependencyProblems(manifests)];
}

const packageName = (specifier: string): string => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

/** Packages that shipped files import and package.json does not name as a dependency. */
async function undeclaredImports(root: string, { npm }: Manifests): Promise<Finding[]> {
  const declared = { ...npm.dependencies, ...npm.peerDependencies, ...npm.optionalDependencies };
  const findings: Finding[] = [];
  for (const file of await listFiles(root)) {
    const shipped = !isOutside(file) && !["bench", "examples", "simulation"].includes(roomOf(file));
    if (!shipped || !file.endsWith(".ts")) continue;
    for (const { specifier, line } of imports(parseModule(await readFile(join(root, file), "utf8")))) {
      const isPackage = resolveImport(file, specifier) === undefined && !/^[a-z]+:/.test(specifier);
      if (!isPackage || isBuiltin(specifier) || packageName(specifier) in declared) continue;
      findings.push({ file, line, rule: "dependency", message: `${packageName(specifier)} is not in dependencies` });
    }
  }
  return findings;
}

export async function checkExports(root: string): Promise<Finding[]> {
  const manifests: Manifests = {
    npm: JSON.parse(await readFile(join(root, "package.json"), "utf8")),
    deno: JSON.parse(await readFile(join(root, "deno.json"), "utf8")),
  };
  const problems = manifestProblems(manifests, (source) => existsSync(join(root, source)));
  const findings = problems.map((problem): Finding => {
    const [file = "", ...message] = problem.split(": ");
    return { file, rule: "manifest", message: message.join(": ") };
  });
  return [...findings, ...(await undeclaredImports(root, manifests))];
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { root: { type: "string", default: repository } } });
  report("exports", await checkExports(resolve(values.root)));
}
