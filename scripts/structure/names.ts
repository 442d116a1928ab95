import { posix } from "node:path";
import type { GlobalUse } from "./globals.ts";
import { isOutside, roomOf } from "./rooms.ts";

/** The globals that tell one runtime from another; elsewhere the platform's port stands for them. */
const runtimeGlobals = new Set(["Bun", "Deno", "process"]);

/** Modules that are the same by another name. */
const runtimeModules = (specifier: string): boolean =>
  specifier === "bun" || specifier.startsWith("bun:") || specifier === "node:process" || specifier === "process";

/** Time and chance, which a simulation must be able to take over. */
const impureGlobals = new Set(["Date.now", "new.Date", "Math.random", "performance.now", "setTimeout", "setInterval", "setImmediate"]);

const impureModules = new Set(["node:timers", "node:timers/promises", "node:perf_hooks"]);

const inPlatform = (file: string): boolean => file.startsWith("runtime/platform/");

function mayNameRuntime(file: string): boolean {
  return inPlatform(file) || isOutside(file) || roomOf(file) === "bench";
}

function mustInjectTime(file: string): boolean {
  if (!["actors", "runtime", "simulation"].includes(roomOf(file)) || inPlatform(file)) return false;
  return !["clock.ts", "random.ts"].includes(posix.basename(file));
}

/** Why `file` may not use this global, with the name of the rule; undefined if it may. */
export function globalProblem(file: string, { path }: GlobalUse): [rule: string, message: string] | undefined {
  const [first = ""] = path;
  if (runtimeGlobals.has(first) && !mayNameRuntime(file)) {
    return ["runtime-name", `${first} belongs under runtime/platform/ alone`];
  }
  const name = [path.join("."), path.slice(0, 2).join("."), first].find((each) => impureGlobals.has(each));
  if (name !== undefined && mustInjectTime(file)) {
    const shown = name === "new.Date" ? "new Date()" : name;
    return ["injected-time", `${shown} is not for ${roomOf(file)}/: take a clock or a source of chance as a parameter`];
  }
  return undefined;
}

/** The same for a module that `file` imports. */
export function moduleProblem(file: string, specifier: string): [rule: string, message: string] | undefined {
  if (runtimeModules(specifier) && !mayNameRuntime(file)) {
    return ["runtime-name", `"${specifier}" belongs under runtime/platform/ alone`];
  }
  if (impureModules.has(specifier) && mustInjectTime(file)) {
    return ["injected-time", `"${specifier}" is not for ${roomOf(file)}/: take a clock as a parameter`];
  }
  return undefined;
}
