/**
 * The rows of Ray's microbenchmark under their names and by its method, and beside them, in the same run, what the
 * runtime allows. `bench/` adds what needs other packages or processes.
 */
import { memory } from "./controls/memory.ts";
import { ports } from "./controls/ports.ts";
import type { Family } from "./row.ts";
import { actors } from "./rows/actors.ts";
import { workerCreation } from "./rows/creation.ts";
import { efficiency } from "./rows/efficiency.ts";
import { objects } from "./rows/objects.ts";
import { placementGroups } from "./rows/placement_groups.ts";
import { tasks } from "./rows/tasks.ts";

/** What bounds the rows: they are measured first. */
export const controls: readonly Family[] = [ports, memory];

export const rows: readonly Family[] = [
  ...objects,
  tasks,
  ...actors,
  placementGroups,
  workerCreation,
  efficiency,
];

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
  type Row,
  rateRow,
  type Sample,
  type SampleOptions,
  type Skipped,
  sampleRow,
  type Unit,
} from "./row.ts";
export { hasFailed, type RowReport, runSuite, type SuiteOptions, type SuiteReport } from "./suite.ts";
export { formatFigure, formatRow, formatTargets, formatVerdict } from "./table.ts";
export type { Target, Verdict } from "./target.ts";
