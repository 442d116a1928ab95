import type { NodeModules } from "../node/mod.ts";

// Compiled or not, the programs end as this file does. They are named by address: a thread runs them, nothing imports them.
const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
const program = (name: string): string => new URL(`../../boot/${name}${ending}`, import.meta.url).href;

/** The programs of a node's threads and processes. */
export const programs: NodeModules & { readonly join: string } = {
  system: program("system"),
  worker: program("worker"),
  process: program("process"),
  node: program("node"),
  /** Of a thread that joins a cluster for one that waits. */
  join: program("join"),
};
