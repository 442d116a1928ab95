import { bold } from "./terminal.ts";

/** Columns under their titles, as wide as they have to be. */
export function tableText(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join("  ");
  return [bold(line(titles)), ...rows.map(line)].join("\n");
}

/** A table of records, with a column for each key that any has. */
export function recordsText(records: readonly Readonly<Record<string, unknown>>[]): string {
  const keys = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return tableText(
    keys.map((key) =>
      key
        .replace(/Ms$/, "")
        .replace(/[A-Z]/g, (letter) => `_${letter}`)
        .toUpperCase(),
    ),
    records.map((record) => keys.map((key) => cellText(key, record[key]))),
  );
}

/** A value in one line. Keys that end in `Ms` are times. */
export function cellText(key: string, value: unknown): string {
  if (value === undefined || value === null || value === "") return "-";
  if (key.endsWith("Ms") && typeof value === "number") return new Date(value).toISOString();
  if (key === "total" || key === "available" || key === "resources") return resourcesText(value as Record<string, number>);
  return typeof value === "object" ? JSON.stringify(value) : String(value).replaceAll("\n", " ");
}

/** `CPU: 4, memory: 2.0 GiB` */
export function resourcesText(resources: Readonly<Record<string, number>>): string {
  const parts = Object.entries(resources).map(([name, amount]) => `${name}: ${amountText(name, amount)}`);
  return parts.length === 0 ? "-" : parts.join(", ");
}

export function amountText(name: string, amount: number): string {
  return name === "memory" || name === "object_store_memory" ? bytesText(amount) : String(amount);
}

export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit++) bytes /= 1024;
  return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`;
}
