/** An array of `length` with holes wherever `items` has nothing. */
export function sparse(length: number, items: Readonly<Record<number, unknown>>): unknown[] {
  return Object.assign([], items, { length });
}
