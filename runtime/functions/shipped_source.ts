/**
 * The texts that were compiled in this realm from functions that travelled. A definition nested in such a
 * function has its call site there, and the names it may use are those the function was bound to.
 */
import type { Binding } from "./binding.ts";

/** The text as the engine numbers its lines, and the names given to it. */
export interface ShippedSource {
  readonly text: string;
  readonly bindings: readonly Binding[];
}

const shipped = new Map<string, ShippedSource>();

/** Remembers a compiled text under its source URL. */
export function rememberShipped(sourceUrl: string, source: ShippedSource): void {
  shipped.set(sourceUrl, source);
}

/** The compiled text with this source URL, if there is one in this realm. */
export function shippedSource(sourceUrl: string): ShippedSource | undefined {
  return shipped.get(sourceUrl);
}
