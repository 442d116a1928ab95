import { assertWithin, type GcsLimits } from "./limits.ts";

/** `key = value` or `key != value`, compared as text without regard to case. */
export interface Filter {
  readonly key: string;
  readonly predicate: "=" | "!=";
  readonly value: string;
}

export interface ListOptions {
  /** A row is listed when all hold; as objects or as "key=value", "key!=value". */
  readonly filters?: readonly (Filter | string)[];
  /** Default `listDefault`, at most `listMax`. */
  readonly limit?: number;
  /** Every column instead of the basic ones. */
  readonly detail?: boolean;
}

export interface Listing {
  /** The first rows that match, as plain data. */
  readonly rows: Record<string, unknown>[];
  /** Rows in the table; rows that match; and whether some of those are not listed. */
  readonly total: number;
  readonly matched: number;
  readonly truncated: boolean;
  /** Rows forgotten for want of room, where the table forgets. */
  readonly dropped?: number;
}

/** A table as listings see it. */
export interface Source<Info> {
  readonly rows: Iterable<Info>;
  readonly columns: Columns<Info>;
}

/** Column names in the order shown: the `basic` ones first. */
export interface Columns<Info> {
  readonly basic: readonly (keyof Info & string)[];
  readonly detail: readonly (keyof Info & string)[];
}

/**
 * Lists rows, oldest first. A filter's key is a column in any case, with or without underscores
 * (`node_id`), or an entry of one (`labels.zone`).
 *
 * @throws RangeError naming a filter, a column or a limit that can't be.
 */
export function listRows<Info extends object>(source: Source<Info>, options: ListOptions, limits: GcsLimits): Listing {
  const limit = options.limit ?? limits.listDefault;
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError(`limit must be a positive integer, not ${limit}`);
  assertWithin(limits, "listMax", { what: "limit", actual: limit });
  const { basic, detail } = source.columns;
  const all = [...basic, ...detail];
  const tests = (options.filters ?? []).map((filter) => compile<Info>(typeof filter === "string" ? parseFilter(filter) : filter, all));
  const shown = options.detail ? all : basic;
  const rows: Record<string, unknown>[] = [];
  let total = 0;
  let matched = 0;
  for (const row of source.rows) {
    total++;
    if (!tests.every((test) => test(row))) continue;
    matched++;
    if (rows.length < limit) rows.push(plainRow(row, shown));
  }
  return { rows, total, matched, truncated: matched > rows.length };
}

/** The named columns of a row that have a value. */
export function plainRow<Info extends object>(row: Info, columns: readonly (keyof Info & string)[]): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const column of columns) if (row[column] !== undefined) plain[column] = row[column];
  return plain;
}

/** Reads "key=value" or "key!=value". @throws RangeError */
export function parseFilter(text: string): Filter {
  const parts = /^\s*([^=!\s]+)\s*(!=|=)\s*(.*?)\s*$/s.exec(text);
  if (!parts) throw new RangeError(`filter: ${JSON.stringify(text)} is not KEY=VALUE or KEY!=VALUE`);
  return { key: parts[1] as string, predicate: parts[2] as "=" | "!=", value: parts[3] as string };
}

function compile<Info extends object>(filter: Filter, columns: readonly (keyof Info & string)[]): (row: Info) => boolean {
  if (filter.predicate !== "=" && filter.predicate !== "!=") {
    throw new RangeError(`filter: unknown predicate ${JSON.stringify(filter.predicate)}; use = or !=`);
  }
  const [head = "", ...rest] = filter.key.split(".");
  const column = columns.find((name) => fold(name) === fold(head));
  if (column === undefined) {
    throw new RangeError(`filter: no column ${JSON.stringify(filter.key)}; there are ${columns.join(", ")}`);
  }
  const entry = rest.join(".");
  const wanted = String(filter.value).toLowerCase();
  const equal = filter.predicate === "=";
  return (row) => {
    const cell: unknown = entry === "" ? row[column] : entryOf(row[column], entry);
    // An absent value is the empty text: `name=` finds the unnamed.
    return ((cell === undefined ? "" : String(cell)).toLowerCase() === wanted) === equal;
  };
}

function entryOf(cell: unknown, entry: string): unknown {
  if (typeof cell !== "object" || cell === null || !Object.hasOwn(cell, entry)) return undefined;
  return (cell as Record<string, unknown>)[entry];
}

function fold(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}
