import { describe, expect, test } from "bun:test";
import { runProgram } from "../lifecycle/run_program.ts";

const lines = (text: string): string[] => text.trimEnd().split("\n");

for (const isolation of ["thread", "process"]) {
  describe(`what a ${isolation} prints`, () => {
    test("reaches the driver's terminal with the task or actor that printed it, each stream its own", async () => {
      const run = await runProgram(`
        await ray.init({ numCpus: 2, isolation: "${isolation}" });
        const hello = ray.remote(function hello(name) { console.log("hello", name, { deep: [1] }); console.error("oh,\\n" + name); });
        class Speaker { speak() { console.info("from the actor"); } }
        await ray.get(hello.remote("you"));
        await ray.get(ray.remote(Speaker).remote().speak.remote());
        await ray.shutdown();`);
      expect(lines(run.stdout)[0]).toMatch(/^\(hello w\w+\) hello you \{ ?deep: \[ ?1 ?\],? ?\}$/);
      expect(lines(run.stdout)[1]).toMatch(/^\(Speaker w\w+\) from the actor$/);
      expect(lines(run.stdout).length).toBe(2);
      expect(lines(run.stderr)).toEqual([expect.stringMatching(/^\(hello w\w+\) oh,$/), expect.stringMatching(/^\(hello w\w+\) you$/)]);
    });

    test("is all there at the end, though it was printed just before", async () => {
      const run = await runProgram(`
        await ray.init({ numCpus: 2, isolation: "${isolation}" });
        const last = ray.remote(function last(i) { console.log("line " + i); });
        for (let i = 0; i < 60; i++) await ray.get(last.remote(i));
        await ray.get(Array.from({ length: 60 }, (_, i) => last.remote(60 + i)));
        ${isolation === "thread" ? "await ray.shutdown();" : ""}`);
      const seen = new Set(lines(run.stdout).map((line) => /line (\d+)$/.exec(line)?.[1]));
      expect(seen.size).toBe(120);
    });

    test("stays where it is with logToDriver: false", async () => {
      const run = await runProgram(`
        await ray.init({ numCpus: 1, logToDriver: false, isolation: "${isolation}" });
        await ray.get(ray.remote(() => console.log("unheard")).remote());
        await ray.shutdown();
        console.log("heard");`);
      expect(run.stdout).toBe("heard\n");
      expect(run.stderr).toBe("");
    });
  });
}

test("the same line from many workers is printed once, with a count", async () => {
  const run = await runProgram(`
    await ray.init({ numCpus: 4 });
    class Same { say() { console.log("all say this"); } }
    const actors = Array.from({ length: 4 }, () => ray.remote(Same, { numCpus: 0 }).remote());
    await ray.get(actors.map((actor) => actor.say.remote()));
    await ray.shutdown();`);
  expect(lines(run.stdout)).toEqual([
    expect.stringMatching(/^\(Same w\w+\) all say this$/),
    expect.stringMatching(/^\(Same w\w+\) all say this \[repeated 3x by 3 other workers\]$/),
  ]);
});

test.skipIf(!("Deno" in globalThis))("a busy loop that Deno cannot stop is told of once", async () => {
  const run = await runProgram(`
    await ray.init({ numCpus: 1 });
    const { existsSync, mkdtempSync, rmSync } = process.getBuiltinModule("node:fs");
    const folder = mkdtempSync(process.getBuiltinModule("node:os").tmpdir() + "/mobula-busy-");
    const busy = ray.remote((file) => {
      process.getBuiltinModule("node:fs").writeFileSync(file, "");
      console.log("begun");
      for (;;);
    });
    const ref = busy.remote(folder + "/begun");
    while (!existsSync(folder + "/begun")) await new Promise((resolve) => setTimeout(resolve, 5));
    rmSync(folder, { recursive: true });
    ray.cancel(ref, { force: true });
    console.log(await ray.get(ref).catch((error) => error.name));
    console.log(await ray.get(ray.remote(() => "replaced").remote()));
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await ray.shutdown();`);
  expect(run.code).toBe(0);
  expect(run.stdout).toContain("TaskCancelledError\nreplaced\n");
  expect(run.stderr.match(/cannot stop a thread that is in a busy loop/g)?.length).toBe(1);
});
