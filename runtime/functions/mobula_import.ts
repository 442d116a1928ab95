/** Which imports are imports of this package. */
import type { MobulaEntry } from "./binding.ts";
import { resolveSpecifier } from "./specifier.ts";

/**
 * Says which entry point of this package a module imports with `specifier`; undefined for anything else.
 * Injectable, so that tests can stand in a package of their own.
 */
export type MobulaPredicate = (specifier: string, moduleUrl: string) => MobulaEntry | undefined;

const NAMED = /^(?:npm:|jsr:)?\/?(?:@mobula\/)?mobula(?:@[^/]+)?(\/util)?$/;
const packageRoot = new URL("../../", import.meta.url);
const entries = new Map<string, MobulaEntry>(
  ["ts", "js"].flatMap((extension): [string, MobulaEntry][] => [
    [new URL(`mod.${extension}`, packageRoot).href, "."],
    [new URL(`util/mod.${extension}`, packageRoot).href, "./util"],
  ]),
);

/** This package by its name, by the path of its own files, or by an import map's alias. */
export const isMobula: MobulaPredicate = (specifier, moduleUrl) => {
  const named = NAMED.exec(specifier);
  if (named !== null) return named[1] === undefined ? "." : "./util";
  const url = resolveSpecifier(specifier, moduleUrl) ?? resolvedByRuntime(specifier);
  return url === undefined ? undefined : entries.get(url);
};

function resolvedByRuntime(specifier: string): string | undefined {
  // Import maps hold for the whole program, so that resolving from here answers for the user's module too.
  try {
    return import.meta.resolve(specifier);
  } catch {
    return undefined;
  }
}
