import { TravelTag } from "./travel_tag.ts";
import { registerTravel } from "./value_codec.ts";

/** A ref, a handle, a function or the like, in a thread that has no use for it. */
class Carried {
  readonly tag: number;
  readonly wire: unknown;

  constructor(tag: number, wire: unknown) {
    this.tag = tag;
    this.wire = wire;
  }
}

/**
 * Teaches the thread's codec to take in what travels, and to give it on, as it came: errors go by way of system workers with
 * all that programs have put into them. For threads that are no place of tasks; once for each.
 */
export function carryTravel(): void {
  for (const tag of Object.values(TravelTag)) {
    registerTravel<Carried, unknown>({
      tag,
      matches: (value): value is Carried => value instanceof Carried && value.tag === tag,
      encode: ({ wire }) => wire,
      decode: (wire) => new Carried(tag, wire),
    });
  }
}
