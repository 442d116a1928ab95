import { describe, expect, test } from "bun:test";
import { run } from "../../scripts/lib/run.ts";
import { toolPath } from "../../scripts/lib/runtime.ts";
import { TICKS, throughput } from "../../simulation/mod.ts";

const small = { nodes: 12, tasks: 1_500, seed: 7 };
const root = new URL("../..", import.meta.url).pathname;

/** The trace that the script names, run by one of the runtimes. */
async function traceBy(command: readonly string[]): Promise<string | undefined> {
  const [name = "", ...before] = command;
  const options = Object.entries(small).flatMap(([option, value]) => [`--${option}`, String(value)]);
  const { output } = await run(toolPath(name as "bun" | "deno"), [...before, "scripts/simulate.ts", ...options], { cwd: root, deadlineMs: 60_000 });
  return /trace \w+ of \d+ events/.exec(output)?.[0];
}

describe("a simulation", () => {
  test("is the same run again from the same seed, event by event, and another from another seed", async () => {
    const first = await throughput(small);
    const again = await throughput(small);
    expect([again.trace, again.events, again.virtualMs]).toEqual([first.trace, first.events, first.virtualMs]);
    expect((await throughput({ ...small, seed: 8 })).trace).not.toBe(first.trace);
  });

  test("is the same in both runtimes", async () => {
    // As the script does, which lets every worker run some first.
    const { trace, events } = await throughput({ ...small, warm: small.nodes * 16 });
    const expected = `trace ${trace} of ${events} events`;
    expect(await traceBy(["bun"])).toBe(expected);
    expect(await traceBy(["deno", "run", "-A", "--no-check"])).toBe(expected);
  });

  test("gives every event all the turns that what it begins takes", async () => {
    expect((await throughput({ ...small, ticks: TICKS * 8 })).trace).toBe((await throughput(small)).trace);
  });
});
