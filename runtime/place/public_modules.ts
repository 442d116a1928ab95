/** The public modules of this package, for functions that name what they import from it. */
export type PublicModules = Record<"." | "./util", () => Promise<Record<string, unknown>>>;

// Compiled or not, all modules end as this one does. They are named by address, as this room knows nothing above it.
const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));

/** What users' functions may import from this package, loaded when one does. */
export const publicModules: PublicModules = {
  ".": () => import(new URL(`../../mod${ending}`, import.meta.url).href),
  "./util": () => import(new URL(`../../util/mod${ending}`, import.meta.url).href),
};
