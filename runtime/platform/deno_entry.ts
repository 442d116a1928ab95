import { pathToFileURL } from "node:url";

/** `…/npm/<registry>/<package>/<version>/…`: how Deno's own cache keeps packages that no node_modules folder has. */
const CACHED = /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/@]+)\/([^/]+?)(?:_\d+)?\//;

/**
 * What to run for `deno run` to run this file. One of a package in Deno's own cache finds its imports only once the
 * process has asked for the package by name: there it is a small module that does so first.
 */
export function denoEntryOf(file: string): string {
  const { href } = pathToFileURL(file);
  const [, name, version] = href.includes("/node_modules/") ? [] : (CACHED.exec(href) ?? []);
  if (name === undefined || version === undefined) return file;
  // Both imports must be unknown before it runs: Deno looks known ones up before it has the package.
  const module = `const entry = ["npm:${name}@${version}", ${JSON.stringify(href)}]; for (const each of entry) await import(each);`;
  return `data:application/javascript,${encodeURIComponent(module)}`;
}
