import { CorruptDataFault } from "./faults.ts";
import { firstWireTag, lastWireTag } from "./wire_tags.ts";

/** CBOR items nest at most this deep: well within the stack of a worker when they are read. */
export const maxWireDepth = 1_024;

/** Items still due at each open level. Shared by all calls: the check calls nothing and so cannot be re-entered. */
const due: Uint32Array = new Uint32Array(maxWireDepth + 1);

function corrupt(reason: string, position: number): never {
  throw new CorruptDataFault(`${reason} at byte ${position}`);
}

/**
 * Checks that `bytes[0, end)` are exactly one CBOR item of this room's profile: definite lengths that fit into
 * what is there, nesting of at most `maxWireDepth`, and tags of `wire_tags.ts` alone (none, unless `tags`).
 *
 * After this check a CBOR reader can neither over-allocate, nor overrun, nor exhaust its stack, nor reach its
 * own tag handlers. Linear in `end`. Throws CorruptDataFault.
 */
export function checkWellFormed(bytes: Uint8Array, end: number, tags: boolean): void {
  let position = 0;
  let depth = 0;
  let left = 1;
  for (;;) {
    if (left === 0) {
      if (depth === 0) break;
      left = due[--depth]!;
      continue;
    }
    left--;
    if (position >= end) corrupt("it ends inside an item", position);
    const head = bytes[position++]!;
    const major = head >> 5;
    let argument = head & 0x1f;
    if (argument > 0x17) {
      // A read behind the end gives undefined, and is refused just below.
      if (argument === 0x18) argument = bytes[position++]!;
      else if (argument === 0x19) {
        argument = (bytes[position]! << 8) | bytes[position + 1]!;
        position += 2;
      } else if (argument === 0x1a) {
        argument = bytes[position]! * 0x1000000 + ((bytes[position + 1]! << 16) | (bytes[position + 2]! << 8) | bytes[position + 3]!);
        position += 4;
      } else if (argument === 0x1b && (major < 2 || major === 7)) position += 8;
      else corrupt("a length of a form that is not in use", position - 1);
      if (position > end) corrupt("it ends inside an item", end);
    }
    switch (major) {
      case 0:
      case 1:
        continue;
      case 2:
      case 3:
        position += argument;
        if (position > end) corrupt("a string is longer than what is left", end);
        continue;
      case 4:
        break;
      case 5:
        argument *= 2;
        break;
      case 6:
        if (!tags || head !== 0xd9 || argument < firstWireTag || argument > lastWireTag) corrupt(`the tag ${argument} is not in use`, position);
        argument = 1;
        break;
      default:
        // false, true, null, undefined; floats of 16, 32 and 64 bits
        if ((head >= 0xf4 && head <= 0xf7) || (head >= 0xf9 && head <= 0xfb)) continue;
        corrupt("a simple value that is not in use", position - 1);
    }
    if (argument > end - position) corrupt("a collection is longer than what is left", position);
    if (argument === 0) continue;
    if (depth === maxWireDepth) corrupt(`it nests deeper than ${maxWireDepth} levels`, position);
    due[depth++] = left;
    left = argument;
  }
  if (position !== end) corrupt("more bytes follow the value", position);
}
