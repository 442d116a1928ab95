import { type InitOptions, init, shutdown } from "../../mod.ts";
import { platform } from "../../runtime/platform/mod.ts";
import { briefly, type Figures, type Plan } from "./measure.ts";
import type { Family, Row, Unit } from "./row.ts";
import { judge, type Verdict } from "./target.ts";

/** A row that takes longer hangs. */
const DEADLINE_MS = { full: 600_000, quick: 90_000 };

/** What became of one row. Exactly one of `figures`, `skipped` and `error` is there. */
export interface RowReport {
  readonly family: string;
  readonly name: string;
  readonly unit: Unit;
  readonly figures?: Figures;
  readonly skipped?: string;
  readonly error?: string;
  /** It was not done by its deadline, and may still be at work. */
  readonly late?: true;
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
        const report = await runRow(row, family.name, family.brief === true ? briefly(options.plan) : options.plan);
        reports.push(report);
        if (report.late === true && family.node !== undefined) await restart(family.node);
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
  const deadlineMs = plan.quick ? DEADLINE_MS.quick : DEADLINE_MS.full;
  const late = Promise.withResolvers<"late">();
  const timer = setTimeout(() => late.resolve("late"), deadlineMs);
  try {
    const result = await Promise.race([row.measure(plan), late.promise]);
    if (result === "late") return { ...about, error: `not done after ${deadlineMs / 1000} s`, late: true };
    return "skipped" in result ? { ...about, skipped: result.skipped } : { ...about, figures: result };
  } catch (error) {
    return { ...about, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Ends what a late row may still do. */
async function restart(node: InitOptions): Promise<void> {
  await shutdown();
  await init(node);
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
