import type { NodeModules } from "../actors/node/mod.ts";
import type { PublicModules } from "../runtime/place/mod.ts";

/** What users' functions may import from this package, loaded when one does. */
export const publicModules: PublicModules = {
  ".": () => import("../mod.ts") as unknown as Promise<Record<string, unknown>>,
  "./util": () => import("../util/mod.ts") as unknown as Promise<Record<string, unknown>>,
};

// Compiled or not, the programs lie beside this file and end as it does.
const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));

/** The programs of a node's threads and processes. */
export const threadModules: NodeModules = {
  system: new URL(`./system${ending}`, import.meta.url).href,
  worker: new URL(`./worker${ending}`, import.meta.url).href,
  process: new URL(`./process${ending}`, import.meta.url).href,
};
