import { posix } from "node:path";

/**
 * Which rooms each room may import, beside itself. The core goes one way only, `mod.ts` > `boot/` > `actors/` >
 * `runtime/` > `net/`; the other rooms are programs on the public face, and two of them (`testing/`, `cli/`) also
 * start and steer the parts below it.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "mod.ts": ["boot", "actors", "runtime", "net"],
  boot: ["actors", "runtime", "net"],
  simulation: ["actors", "runtime", "net"],
  actors: ["runtime", "net"],
  runtime: ["net"],
  net: [],
  util: ["mod.ts"],
  testing: ["mod.ts", "util", "actors", "runtime"],
  cli: ["mod.ts", "util", "actors", "runtime", "net"],
  dashboard: ["mod.ts", "util"],
  libs: ["mod.ts", "util"],
  examples: ["mod.ts", "util", "testing", "libs"],
  bench: ["mod.ts", "util", "testing", "libs", "cli"],
};

/** Folders that may look anywhere, and that no room may import. */
const outside: readonly string[] = ["tests", "scripts", "docs"];

/** The names under which the public faces can be imported from within the project. */
const publicNames: Readonly<Record<string, string>> = {
  mobula: "mod.ts",
  "mobula/util": "util/mod.ts",
  "mobula/testing": "testing/mod.ts",
};

/** The room of a file: its top folder, or `mod.ts` itself. Paths are relative to the project's root. */
export function roomOf(path: string): string {
  return path.split("/", 1)[0] ?? path;
}

/** Whether the file is one of `outside`, to which the rules for rooms do not apply. */
export function isOutside(path: string): boolean {
  return outside.includes(roomOf(path));
}

/** The file of this project that an import names, or undefined for a package or a `node:` module. */
export function resolveImport(file: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(file), specifier);
  return publicNames[specifier];
}

/** Why `file` may not import `target`, or undefined if it may. Both are paths relative to the project's root. */
export function importProblem(file: string, target: string): string | undefined {
  if (isOutside(file)) return undefined;
  const from = roomOf(file);
  const to = roomOf(target);
  const allowed = mayImport[from];
  if (allowed === undefined) return `${from} is no room of the project: scripts/structure/rooms.ts lists them`;
  if (from !== to && !allowed.includes(to)) {
    const list = allowed.length === 0 ? "no other room" : allowed.join(", ");
    return `${from} may import ${list}, not ${target}`;
  }
  return isReachable(posix.dirname(file), target) ? undefined : `${target} is private to its folder: import its mod.ts`;
}

/**
 * A file sees what lies in its own folder and in those around it; of any other folder it sees the `mod.ts` alone, and
 * of a folder deep in another one not even that.
 */
function isReachable(folder: string, target: string): boolean {
  const home = posix.dirname(target);
  if (isWithin(folder, home)) return true;
  if (posix.basename(target) !== "mod.ts") return false;
  return home.split("/").length <= 2 || isWithin(folder, posix.dirname(home));
}

function isWithin(folder: string, ancestor: string): boolean {
  return folder === ancestor || folder.startsWith(`${ancestor}/`);
}
