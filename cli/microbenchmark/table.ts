import type { Unit } from "./row.ts";
import type { RowReport, SuiteReport } from "./suite.ts";
import type { Verdict } from "./target.ts";

/** A figure for people: as many digits as mean something, and the unit. */
export function formatFigure(value: number, unit: Unit): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text}${unit === "/s" || unit === "%" ? "" : " "}${unit}`;
}

/** `≥ 0.6 × raw round trip: 0.83, reached`. */
export function formatVerdict({ target, actual, reached }: Verdict): string {
  if (actual === undefined) return `${target}: that row did not run`;
  const shown = actual.toLocaleString("en", { maximumFractionDigits: actual >= 100 ? 0 : 2 });
  return `${target}: ${shown}, ${reached ? "reached" : "not reached"}`;
}

/** One row as a line: its mean and deviation, its median, and whether its calls came back right. */
export function formatRow({ name, unit, figures, skipped, error }: RowReport): string {
  const title = name.padEnd(46);
  if (skipped !== undefined) return `${title} skipped: ${skipped}`;
  if (figures === undefined) return `${title} FAILED: ${error?.split("\n", 1)[0] ?? "no figures"}`;
  const { mean, sd, median, calls, completed } = figures;
  const spread = figures.samples.length > 1 ? ` ± ${formatFigure(sd, unit)}, median ${formatFigure(median, unit)}` : "";
  const wrong = calls === completed ? "" : `  WRONG: ${completed} of ${calls} calls completed`;
  return `${title} ${formatFigure(mean, unit)}${spread}${wrong}`;
}

/** The rows with a target, each with how it fares; then a count. */
export function formatTargets({ rows }: SuiteReport): string {
  const verdicts = rows.flatMap(({ name, verdicts }) => verdicts.map((verdict) => ({ name, verdict })));
  if (verdicts.length === 0) return "";
  const reached = verdicts.filter(({ verdict }) => verdict.reached === true).length;
  const lines = verdicts.map(({ name, verdict }) => `${name.padEnd(46)} ${formatVerdict(verdict)}`);
  return [...lines, `${reached} of ${verdicts.length} targets reached`].join("\n");
}
