import type { PlaceId } from "../../runtime/kernel/mod.ts";

/** Lines kept of each worker for the error about its death. */
const KEPT_LINES = 20;

/** The last lines that each worker wrote. */
export class LastLines {
  readonly #lines: Map<PlaceId, string[]> = new Map();

  add(place: PlaceId, line: string): void {
    if (line.trim() === "") return;
    const lines = this.#lines.get(place);
    if (lines === undefined) this.#lines.set(place, [line]);
    else {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
    }
  }

  of(place: PlaceId): readonly string[] {
    return this.#lines.get(place) ?? [];
  }

  forget(place: PlaceId): void {
    this.#lines.delete(place);
  }
}
