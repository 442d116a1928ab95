import type { ResourceSet } from "../../../runtime/resources/mod.ts";

/**
 * A room of its own for each bundle, as indices into `rooms`, or undefined when there is no such matching. Earlier
 * rooms are preferred. Augmenting paths (Kuhn), so it finds a matching whenever one exists.
 */
export function matchBundles(bundles: readonly ResourceSet[], rooms: readonly ResourceSet[]): number[] | undefined {
  if (bundles.length > rooms.length) return undefined;
  const owner = new Map<number, number>();

  const fits = (bundle: number, room: number): boolean => (bundles[bundle] as ResourceSet).fits(rooms[room] as ResourceSet);

  function seat(bundle: number, seen: Set<number>): boolean {
    let room = rooms.findIndex((_, index) => !owner.has(index) && fits(bundle, index));
    for (let other = 0; room < 0 && other < rooms.length; other++) {
      if (seen.has(other) || !fits(bundle, other)) continue;
      seen.add(other);
      // Its bundle moves to another room, if there is one for it.
      if (seat(owner.get(other) as number, seen)) room = other;
    }
    if (room >= 0) owner.set(room, bundle);
    return room >= 0;
  }

  for (let bundle = 0; bundle < bundles.length; bundle++) if (!seat(bundle, new Set())) return undefined;
  const matched: number[] = new Array(bundles.length);
  for (const [room, bundle] of owner) matched[bundle] = room;
  return matched;
}
