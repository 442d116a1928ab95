/**
 * The rows of Ray's microbenchmark under their names and by its method, and beside them, in the same run, what the
 * runtime allows. `bench/` adds what needs other packages or processes.
 */
export { controls } from "./controls/mod.ts";
export {
  type Figures,
  figuresOf,
  fullPlan,
  type Loop,
  measureRate,
  median,
  type Plan,
  quickPlan,
} from "./measure.ts";
export {
  type Family,
  type Pair,
  type Row,
  rateRow,
  ratioRow,
  type Sample,
  type SampleOptions,
  type Skipped,
  sampleRow,
  type Unit,
} from "./row.ts";
export { actorCallsSync, rows, tasksSync } from "./rows/mod.ts";
export { sentBytes } from "./sent_bytes.ts";
export { hasFailed, type RowReport, runSuite, type SuiteOptions, type SuiteReport } from "./suite.ts";
export { formatFigure, formatRow, formatTargets, formatVerdict } from "./table.ts";
export type { Target, Verdict } from "./target.ts";
