import type { PlaceId } from "../../runtime/kernel/mod.ts";
import { RUN_WIDTH } from "../gcs/mod.ts";

/** What ran when, as a worker tells it, with names in the place of its templates' numbers, which the head does not know. */
export function nameRuns(
  told: Uint8Array,
  nameOf: (owner: PlaceId, template: number) => string,
): { readonly names: readonly string[]; readonly rows: Uint8Array } {
  const numbers = new Float64Array(told.slice().buffer);
  const indices = new Map<string, number>();
  for (let at = 0; at < numbers.length; at += RUN_WIDTH) {
    const name = nameOf(numbers[at] as number, numbers[at + 2] as number);
    const index = indices.get(name) ?? indices.size;
    indices.set(name, index);
    numbers[at + 2] = index;
  }
  return { names: [...indices.keys()], rows: new Uint8Array(numbers.buffer) };
}
