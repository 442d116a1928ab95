/**
 * A row of a table: a compact object whose fields are the row's public columns, by the same names. What
 * leaves a table is always a plain copy made by `pick`, never the row.
 */
export interface Row {
  /** When the row came in, or came in among the ended: a count, not a time. Listings are in this order. */
  order: number;
}

/** The fields of `row` named by `keys`, without the undefined ones, as plain data. */
export function pick<T, K extends keyof T>(row: T, keys: readonly K[]): Pick<T, K> {
  const copy = {} as Pick<T, K>;
  for (const key of keys) if (row[key] !== undefined) copy[key] = row[key];
  return copy;
}

/** Sets the fields of `row` named by `keys` that `data` has; for rows read from storage. */
export function assign<T>(row: T, data: Readonly<Record<string, unknown>>, keys: readonly (keyof T)[]): T {
  for (const key of keys) {
    const value = data[key as string];
    if (value !== undefined) row[key] = value as T[keyof T];
  }
  return row;
}
