import { ChaosFailure, type ChaosFigures, chaos } from "../../simulation/mod.ts";

/** Runs one seed, and says all that happened in it. */
export async function replay(seed: string): Promise<void> {
  try {
    const figures = await chaos({ seed });
    console.log([`seed ${seed}: trace ${figures.trace} of ${figures.events} events`, ...figures.faults, resultsOf(figures.results)].join("\n"));
  } catch (error) {
    report(error);
  }
}

/** Runs many seeds, one after the other, and sums up; a failing one is told of at once, and the others go on. */
export async function replayMany({ first, count }: { first: number; count: number }): Promise<void> {
  const [began, results] = [performance.now(), new Map<string, number>()];
  let [virtualMs, faults, runs, failed] = [0, 0, 0, 0];
  for (let seed = first; seed < first + count; seed++) {
    try {
      const figures = await chaos({ seed });
      virtualMs += figures.virtualMs;
      faults += figures.faults.length;
      runs += figures.runs;
      for (const [what, times] of figures.results) results.set(what, (results.get(what) ?? 0) + times);
    } catch (error) {
      failed++;
      report(error);
    }
  }
  const realMs = performance.now() - began;
  console.log(
    [
      `${count} seeds from ${first} on: ${failed} failed; ${faults} faults, ${runs} runs`,
      resultsOf(results),
      `${(virtualMs / 60_000).toFixed(0)} minutes of virtual time in ${(realMs / 1_000).toFixed(1)} s: ${(virtualMs / realMs).toFixed(0)} times as fast`,
    ].join("\n"),
  );
}

function resultsOf(results: ChaosFigures["results"]): string {
  const sorted = [...results].sort(([, a], [, b]) => b - a);
  return `results: ${sorted.map(([what, times]) => `${times} ${what}`).join(", ")}`;
}

function report(error: unknown): void {
  console.error(error instanceof ChaosFailure ? error.message : error);
  process.exitCode = 1;
}
