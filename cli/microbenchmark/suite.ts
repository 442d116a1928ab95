import { init, shutdown } from "../../mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import type { Figures, Plan } from "./measure.ts";
import type { Family, Row, Unit } from "./row.ts";
import { judge, type Verdict } from "./target.ts";

/** What became of one row. Exactly one of `figures`, `skipped` and `error` is there. */
export interface RowReport {
  readonly family: string;
  readonly name: string;
  readonly unit: Unit;
  readonly figures?: Figures;
  readonly skipped?: string;
  readonly error?: string;
  /** Empty until the whole suite has run. */
  readonly verdicts: readonly Verdict[];
}

/** A run of the suite in one runtime. */
export interface SuiteReport {
  readonly runtime: "bun" | "deno";
  readonly version: string;
  readonly quick: boolean;
  readonly rows: readonly RowReport[];
}

export interface SuiteOptions {
  readonly plan: Plan;
  /** Which rows run: patterns with `*` and `?`, separated by commas, letters of either case. All unless stated. */
  readonly rows?: string;
  /** Called after each row. */
  readonly onRow?: (row: RowReport) => void;
}

/** Runs the rows one after the other. A row that fails is reported, and the others still run. */
export async function runSuite(families: readonly Family[], options: SuiteOptions): Promise<SuiteReport> {
  const matches = rowFilter(options.rows ?? "*");
  const letGo = platform.keepAlive();
  const reports: RowReport[] = [];
  const targets = new Map(families.flatMap(({ rows }) => rows.map((row) => [row.name, row.targets])));
  try {
    for (const family of families) {
      const rows = family.rows.filter((row) => matches(row.name));
      if (rows.length === 0) continue;
      if (family.node !== undefined) await init(family.node);
      for (const row of rows) {
        const report = await runRow(row, family.name, options.plan);
        reports.push(report);
        options.onRow?.(report);
        platform.collectGarbage();
      }
      if (family.node !== undefined) await shutdown();
    }
  } finally {
    await shutdown();
    letGo();
  }
  const medians = new Map(reports.map(({ name, figures }) => [name, figures?.median]));
  const context = { runtime: platform.name, medianOf: (name: string) => medians.get(name) };
  const rows = reports.map((report): RowReport => {
    const { figures } = report;
    if (figures === undefined) return report;
    const verdicts = (targets.get(report.name) ?? []).map((target) => judge(target, figures.median, context));
    return { ...report, verdicts };
  });
  return { runtime: platform.name, version: platform.version, quick: options.plan.quick, rows };
}

/** Whether a row neither worked nor said why it cannot. */
export function hasFailed({ error, figures }: RowReport): boolean {
  return error !== undefined || figures?.calls !== figures?.completed;
}

async function runRow(row: Row, family: string, plan: Plan): Promise<RowReport> {
  const about = { family, name: row.name, unit: row.unit, verdicts: [] };
  try {
    const result = await row.measure(plan);
    return "skipped" in result ? { ...about, skipped: result.skipped } : { ...about, figures: result };
  } catch (error) {
    return { ...about, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function rowFilter(patterns: string): (name: string) => boolean {
  const escaped = patterns.split(",").map((pattern) =>
    pattern
      .trim()
      .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", "."),
  );
  const expression = new RegExp(`^(?:${escaped.join("|")})$`, "i");
  return (name) => expression.test(name);
}
