import { describe, expect, test } from "bun:test";
import { type ProgramRun, runProgram } from "./run_program.ts";

/** What every end of a program must leave behind: nothing. */
function expectClean(run: ProgramRun, code: number): void {
  expect({ code: run.code, leftFiles: run.leftFiles, orphans: run.orphans, stderr: run.stderr }).toEqual({
    code,
    leftFiles: [],
    orphans: [],
    stderr: run.stderr,
  });
  expect(run.ms).toBeLessThan(10_000);
}

const start = `
await ray.init({ numCpus: 2 });
const square = ray.remote((x) => x * x);
const apart = ray.remote((x) => x + 1, { isolation: "process" });
const forever = ray.remote(() => new Promise(() => {}));
const busy = ray.remote(() => { for (;;); });
`;

describe("the process ends by itself", () => {
  test("after shutdown, and leaves no worker, file or child process", async () => {
    const run = await runProgram(`${start}
      console.log(await ray.get([square.remote(3), apart.remote(4)]));
      await ray.shutdown();
      console.log(ray.isInitialized());`);
    expectClean(run, 0);
    expect(run.stdout).toBe("[ 9, 5 ]\nfalse\n");
    expect(run.stderr).toBe("");
  });

  test("when the script ends without shutdown", async () => {
    const run = await runProgram(`${start} console.log(await ray.get([square.remote(3), apart.remote(4)]));`);
    expectClean(run, 0);
    expect(run.stderr).toBe("");
  });

  test("when the script only imports the package", async () => {
    expectClean(await runProgram("console.log(ray.isInitialized());"), 0);
  });

  test("with the script's own error and code 1 when it throws", async () => {
    const run = await runProgram(`${start}
      await ray.get([square.remote(3), apart.remote(4)]);
      throw new RangeError("the script's own");`);
    expectClean(run, 1);
    expect(run.stderr).toContain("the script's own");
  });

  test("at once by process.exit", async () => {
    expectClean(await runProgram(`${start} await ray.get(apart.remote(1)); process.exit(5);`), 5);
  });

  test("with tasks that wait, sleep, or never give their thread back", async () => {
    const run = await runProgram(`${start}
      const pending = [forever.remote(), busy.remote(), forever.remote(), apart.remote(1)];
      await ray.wait(pending, { numReturns: 4, timeoutMs: 500 });
      await ray.shutdown();
      console.log("down");`);
    expectClean(run, 0);
    expect(run.stdout).toBe("down\n");
  });

  test("and says how many calls were lost when nobody waited for them", async () => {
    const run = await runProgram(`${start} for (let i = 0; i < 3; i++) forever.remote();`);
    expectClean(run, 0);
    expect(run.stderr).toContain("3 submitted calls were still running");
  });

  test("and says which call failed when nobody asked for its result", async () => {
    const run = await runProgram(`${start}
      ray.remote(function breaks() { throw new TypeError("unseen"); }).remote();
      await ray.get(square.remote(2));
      await ray.shutdown();`);
    expectClean(run, 0);
    expect(run.stderr).toContain("breaks failed and its result was never fetched");
    expect(run.stderr).toContain("unseen");
  });
});

describe("a signal ends the process cleanly", () => {
  const waiting = `${start}
    ray.put(new Uint8Array(1_000_000));
    await ray.get(apart.remote(1));
    busy.remote();
    const late = ray.get(forever.remote());
    console.log("ready");
    await late;`;

  test("Ctrl-C with code 130", async () => {
    expectClean(await runProgram(waiting, { signal: "SIGINT" }), 130);
  });

  test("SIGTERM with code 143", async () => {
    expectClean(await runProgram(waiting, { signal: "SIGTERM" }), 143);
  });
});
