import process from "node:process";
import type { Family, Figures, Plan, Row, Skipped, Unit } from "../../cli/microbenchmark/mod.ts";
import { runChild } from "../child.ts";

/** Rows of Ray that are measured here, and their units. */
const rayRows: Readonly<Record<string, Unit>> = {
  "single client get calls": "/s",
  "single client put calls": "/s",
  "multi client put calls": "/s",
  "single client put gigabytes": "GB/s",
  "single client tasks and get batch": "/s",
  "single client get object containing 10k refs": "/s",
  "single client wait 1k refs": "/s",
  "single client tasks sync": "/s",
  "single client tasks async": "/s",
  "multi client tasks async": "/s",
  "1:1 actor calls sync": "/s",
  "1:1 actor calls async": "/s",
  "1:1 actor calls concurrent": "/s",
  "1:n actor calls async": "/s",
  "n:n actor calls async": "/s",
  "n:n actor calls with arg async": "/s",
  "1:1 async-actor calls sync": "/s",
  "1:1 async-actor calls async": "/s",
  "1:1 async-actor calls with args async": "/s",
  "1:n async-actor calls async": "/s",
  "n:n async-actor calls async": "/s",
  "placement group create/removal": "/s",
};

/** The interpreter to ask for Ray. */
const python = process.env["MOBULA_BENCH_PYTHON"] ?? "python3";

let found: Promise<string | undefined> | undefined;
/** The reason is said in full once. */
let said = false;

/** Why there is no Ray; undefined when there is one. */
async function whyNot(): Promise<string | undefined> {
  const { value, failure } = await runChild("peers/ray.py", {
    command: [python],
    args: ["--probe"],
    deadlineMs: 60_000,
  });
  if (value !== undefined) return undefined;
  return `${python} has no Ray (${failure}); MOBULA_BENCH_PYTHON names another interpreter`;
}

function rayRow(name: string, unit: Unit): Row {
  return {
    name: `Ray: ${name}`,
    unit,
    targets: [],
    async measure(plan: Plan): Promise<Figures | Skipped> {
      found ??= whyNot();
      const missing = await found;
      if (missing !== undefined) {
        const skipped = said ? "no Ray" : missing;
        said = true;
        return { skipped };
      }
      const { value, failure } = await runChild("peers/ray.py", {
        command: [python],
        args: ["--row", name, "--plan", JSON.stringify(plan)],
        deadlineMs: 180_000,
      });
      if (value === undefined) throw new Error(`ray.py: ${failure}`);
      return value as Figures;
    },
  };
}

export const ray: Family = {
  name: "peers: Ray",
  rows: Object.entries(rayRows).map(([name, unit]) => rayRow(name, unit)),
};
