import type { ResourceSet } from "../../../runtime/resources/mod.ts";

/** Something with room for bundles, and how many it has been given. */
export interface Bin {
  room: ResourceSet;
  bundles: number;
}

/** How many bundles are tried in bins before the search gives up: it is exponential, and a scheduler cannot wait. */
const MOST_STEPS = 20_000;

/**
 * A bin for each bundle so that all fit, or undefined. Large bundles first, each into the bin that `prefer` puts
 * first; where that leads nowhere, back and on to the next (vector bin packing, first fit decreasing with
 * backtracking). Exact for the sizes that occur; beyond `MOST_STEPS` it may miss a placement, never make a wrong one.
 */
export function assignBundles<B extends Bin>(bundles: readonly ResourceSet[], bins: readonly B[], prefer: (a: B, b: B) => number): B[] | undefined {
  const sizes = bundles.map((bundle) => share(bundle, bins));
  const order = bundles.map((_, index) => index).sort((a, b) => (sizes[b] as number) - (sizes[a] as number));
  const placed: (B | undefined)[] = new Array(bundles.length);
  let steps = 0;

  function place(at: number): boolean {
    if (at === order.length) return true;
    const index = order[at] as number;
    const bundle = bundles[index] as ResourceSet;
    const tried = new Set<string>();
    for (const bin of [...bins].sort(prefer)) {
      // Bins with the same room lead to the same end.
      if (!bundle.fits(bin.room) || tried.has(bin.room.key)) continue;
      if (++steps > MOST_STEPS) return false;
      tried.add(bin.room.key);
      const { room } = bin;
      bin.room = room.subtract(bundle);
      bin.bundles++;
      placed[index] = bin;
      if (place(at + 1)) return true;
      bin.room = room;
      bin.bundles--;
    }
    return false;
  }

  return place(0) ? (placed as B[]) : undefined;
}

/** How much of the largest bin the bundle takes, of the resource where it takes most. */
function share(bundle: ResourceSet, bins: readonly Bin[]): number {
  let most = 0;
  for (const name of bundle.names()) {
    const largest = bins.reduce((max, bin) => Math.max(max, bin.room.get(name)), 0);
    most = Math.max(most, largest === 0 ? Number.MAX_VALUE : bundle.get(name) / largest);
  }
  return most;
}
