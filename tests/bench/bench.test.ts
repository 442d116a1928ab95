import { describe, expect, test } from "bun:test";
import { figuresOf, median, rateRow, ratioRow, runSuite, type SuiteReport } from "../../cli/microbenchmark/mod.ts";
import { judge } from "../../cli/microbenchmark/target.ts";
import { runScript } from "../examples/run_script.ts";

const plan = { quick: true, repeats: 2, seconds: 0.01, warmUpSeconds: 0.01 };

test("a quick run of the suite counts every call of every row", async () => {
  const rows = [
    "raw round trip",
    "frames of 10 calls",
    "raw WebSocket round trip",
    "single client get calls",
    "single client put calls",
    "single client tasks sync",
    "single client tasks async",
    "1:1 actor calls async",
    "tasks sync : raw round trip",
    "actor calls sync : piscina sync",
    "init to first result",
    "1 GiB to another node : raw WebSocket",
  ];
  const { code, output } = await runScript("bench/run.ts", ["--quick", "--json", "--rows", rows.join(",")]);
  expect(output).toContain('"reports"');
  const [report] = (JSON.parse(output.slice(output.indexOf("\n{\n"))) as { reports: SuiteReport[] }).reports;
  expect(report?.rows.map(({ name }) => name).sort()).toEqual(rows.toSorted());
  for (const { name, figures } of report?.rows ?? []) {
    expect({ name, calls: figures?.calls }).toEqual({ name, calls: figures?.completed });
    expect(figures?.calls).toBeGreaterThan(0);
  }
  expect(code).toBe(0);
}, 120_000);

describe("the suite", () => {
  test("measures rounds at their worth and counts their calls", async () => {
    const row = rateRow("a", { calls: 10, worth: 2 }, () => ({ run: (rounds) => rounds * 10 }));
    const { rows } = await runSuite([{ name: "f", rows: [row] }], { plan });
    const figures = rows[0]?.figures;
    expect(figures?.samples).toHaveLength(2);
    expect(figures?.calls).toBe(figures?.completed ?? -1);
    expect((figures?.calls ?? -1) % 10).toBe(0);
  });

  test("measures two in turns and tells how many times the one's rate the other's is", async () => {
    const spend =
      (ms: number) =>
      (rounds: number): number => {
        const end = performance.now() + ms;
        while (performance.now() < end);
        return rounds;
      };
    const closed: string[] = [];
    const row = ratioRow("a : b", [{ atLeast: 1.5 }], async () => ({
      // So far apart that no other work of the machine brings them together.
      loop: { run: spend(0.05), close: () => void closed.push("a") },
      control: { run: spend(5), close: () => void closed.push("b") },
    }));
    const { rows } = await runSuite([{ name: "f", rows: [row] }], { plan });
    expect(rows[0]?.figures?.calls).toBe(rows[0]?.figures?.completed ?? -1);
    expect(rows[0]?.verdicts[0]?.reached).toBe(true);
    expect(closed).toEqual(["a", "b"]);
  });

  test("tells of a row that fails and goes on with the next", async () => {
    const bad = rateRow("bad", { calls: 1 }, () => {
      throw new Error("no luck");
    });
    const good = rateRow("good", { calls: 1 }, () => ({ run: (rounds) => rounds }));
    const { rows } = await runSuite([{ name: "f", rows: [bad, good] }], { plan });
    expect(rows[0]?.error).toContain("no luck");
    expect(rows[1]?.figures).toBeDefined();
  });

  test("runs the rows that a pattern names", async () => {
    const rows = ["1:1 calls", "n:n calls", "puts"].map((name) => rateRow(name, { calls: 1 }, () => ({ run: (rounds) => rounds })));
    const names = async (pattern: string): Promise<string[]> =>
      (await runSuite([{ name: "f", rows }], { plan, rows: pattern })).rows.map(({ name }) => name);
    expect(await names("*calls")).toEqual(["1:1 calls", "n:n calls"]);
    expect(await names("PUT?, 1:*")).toEqual(["1:1 calls", "puts"]);
  });
});

test("figures are the mean, the deviation and the median of the samples", () => {
  expect(figuresOf([1, 2, 3, 6], { calls: 4, completed: 4 })).toMatchObject({ mean: 3, median: 2.5 });
  expect(figuresOf([2, 4], { calls: 1, completed: 1 }).sd).toBe(1);
  expect(median([3, 1, 2])).toBe(2);
});

describe("a target", () => {
  const context = { runtime: "bun", medianOf: (row: string) => ({ control: 100 })[row] };

  test("is a number, or a multiple of another row's median", () => {
    expect(judge({ atLeast: 10 }, 9, context)).toMatchObject({ actual: 9, reached: false });
    expect(judge({ atMost: 10 }, 9, context).reached).toBe(true);
    expect(judge({ atLeast: 0.6, of: "control" }, 61, context)).toEqual({
      target: "≥ 0.6 × control",
      actual: 0.61,
      reached: true,
    });
  });

  test("is two thirds of the multiple in Deno, and its own number where it has one", () => {
    const deno = { ...context, runtime: "deno" };
    expect(judge({ atLeast: 0.6, of: "control" }, 41, deno)).toMatchObject({
      target: "≥ 0.4 × control",
      reached: true,
    });
    expect(judge({ atMost: 100, deno: 300 }, 200, deno).reached).toBe(true);
  });

  test("is undecided when the other row did not run", () => {
    expect(judge({ atLeast: 2, of: "gone" }, 1, context)).toMatchObject({ actual: undefined, reached: undefined });
  });
});
