/**
 * `npm ci` refuses a lock file that lacks any optional package named in it, those of other platforms included, and
 * npm leaves out an optional package that its registry did not have when the file was written. This check finds such
 * gaps; `--fix` fills them with the version, the platform and `optional`, which is what `npm ci` needs to pass over
 * them elsewhere and to install them where they belong. It also keeps registry addresses out of the file.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, report, root } from "./lib/report.ts";

interface LockedPackage {
  version?: string;
  resolved?: string;
  integrity?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

export interface Lockfile {
  packages: Record<string, LockedPackage>;
}

const systems = ["android", "darwin", "freebsd", "linux", "win32"];
const processors = ["arm64", "x64"];

/** The entry of an optional package for one platform, told from its name (`@scope/tool-linux-arm64`). */
function platformEntry(name: string, version: string, dev: boolean): LockedPackage {
  const words = name.split(/[/-]/);
  const pick = (known: string[]) => known.filter((word) => words.includes(word));
  const libc = pick(["glibc", "musl"]);
  return {
    version,
    cpu: pick(processors),
    ...(dev ? { dev } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    os: pick(systems),
  };
}

/** Optional packages of exact version that `lockfile` names and lacks, by their place in it. */
export function missingEntries(lockfile: Lockfile): Map<string, LockedPackage> {
  const missing = new Map<string, LockedPackage>();
  for (const [place, locked] of Object.entries(lockfile.packages)) {
    for (const [name, version] of Object.entries(locked.optionalDependencies ?? {})) {
      const places = [`node_modules/${name}`, `${place}/node_modules/${name}`];
      if (places.some((each) => each in lockfile.packages)) continue;
      missing.set(`node_modules/${name}`, platformEntry(name, version, locked.dev === true));
    }
  }
  return missing;
}

function check(lockfile: Lockfile): Finding[] {
  const findings: Finding[] = [];
  for (const place of missingEntries(lockfile).keys()) {
    findings.push({ file: "package-lock.json", rule: "lockfile", message: `${place} has no entry: run with --fix` });
  }
  for (const [place, { resolved }] of Object.entries(lockfile.packages)) {
    if (resolved?.startsWith("http")) {
      findings.push({ file: "package-lock.json", rule: "lockfile", message: `${place} names a registry address` });
    }
  }
  return findings;
}

if (import.meta.main) {
  const path = join(root, "package-lock.json");
  const lockfile: Lockfile = JSON.parse(await readFile(path, "utf8"));
  if (process.argv.includes("--fix")) {
    Object.assign(lockfile.packages, Object.fromEntries(missingEntries(lockfile)));
    for (const locked of Object.values(lockfile.packages)) {
      if (locked.resolved?.startsWith("http")) delete locked.resolved;
    }
    const sorted = Object.entries(lockfile.packages).sort(([a], [b]) => (a < b ? -1 : 1));
    lockfile.packages = Object.fromEntries(sorted);
    await writeFile(path, `${JSON.stringify(lockfile, null, 2)}\n`);
  }
  report("lockfile", check(lockfile));
}
