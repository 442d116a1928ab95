import type { ResourceSet } from "../../../runtime/resources/mod.ts";

/**
 * A room of its own for each bundle, as indices into `rooms`, or undefined when there is no such matching. Earlier
 * rooms are preferred. Augmenting paths (Kuhn), so it finds a matching whenever one exists.
 */
export function matchBundles(bundles: readonly ResourceSet[], rooms: readonly ResourceSet[]): number[] | undefined {
  if (bundles.length > rooms.length) return undefined;
  const owner = new Map<number, number>();

  function seat(bundle: number, seen: Set<number>): boolean {
    for (let room = 0; room < rooms.length; room++) {
      if (seen.has(room) || !(bundles[bundle] as ResourceSet).fits(rooms[room] as ResourceSet)) continue;
      seen.add(room);
      const present = owner.get(room);
      if (present === undefined || seat(present, seen)) {
        owner.set(room, bundle);
        return true;
      }
    }
    return false;
  }

  for (let bundle = 0; bundle < bundles.length; bundle++) if (!seat(bundle, new Set())) return undefined;
  const matched: number[] = new Array(bundles.length);
  for (const [room, bundle] of owner) matched[bundle] = room;
  return matched;
}
