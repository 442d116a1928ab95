import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root as repository } from "../../scripts/lib/report.ts";
import { toolPath } from "../../scripts/lib/runtime.ts";
import { call, type Installed, installPackage } from "./installed.ts";

/** What a first user writes: tasks, an actor and a stored object, with their types inferred. */
const script = `
import * as ray from "mobula";

await ray.init({ numCpus: 2 });
const square = ray.remote((x: number) => x * x);
const squares: number[] = await ray.get([1, 2, 3].map((x) => square.remote(x)));
const Counter = ray.remote(class { n = 0; incr(k: number) { return (this.n += k); } });
const counter = Counter.remote();
const total: number = await ray.get(counter.incr.remote(5));
const stored: string = await ray.get(ray.put("kept"));
console.log(JSON.stringify({ squares, total, stored }));
await ray.shutdown();
`;

describe.if(existsSync(join(repository, "mod.ts")))("the package", () => {
  let installed: Installed;
  let user = "";

  beforeAll(async () => {
    installed = await installPackage();
    user = installed.user;
    await writeFile(join(user, "script.ts"), script);
  }, 180_000);

  afterAll(() => installed[Symbol.asyncDispose]());

  test("is smaller than 1 MB and holds compiled code, types, README and license alone", async () => {
    expect((await stat(installed.tarball)).size).toBeLessThan(1_000_000);
    const top = await readdir(join(user, "node_modules/mobula"));
    expect(top.sort()).toEqual(
      ["LICENSE", "README.md", "dist", "package.json"].filter((name) => name !== "README.md" || existsSync(join(repository, name))),
    );
    const files = await readdir(join(user, "node_modules/mobula/dist"), { recursive: true });
    expect(files.filter((name) => name.startsWith("tests") || name.includes(".test."))).toEqual([]);
    expect(files).toContain("mod.js");
    expect(files).toContain("mod.d.ts");
  });

  test("runs nothing when it is installed", async () => {
    const manifest = JSON.parse(await readFile(join(user, "node_modules/mobula/package.json"), "utf8"));
    for (const name of ["preinstall", "install", "postinstall"]) expect(manifest.scripts?.[name]).toBeUndefined();
  });

  test("runs a first script in Bun and in Deno", async () => {
    const expected = { squares: [1, 4, 9], total: 5, stored: "kept" };
    const inBun = await call(toolPath("bun"), ["run", "script.ts"], { cwd: user });
    expect(JSON.parse(inBun.trim())).toEqual(expected);
    const inDeno = await call(toolPath("deno"), ["run", "-A", "--no-check", "script.ts"], { cwd: user });
    expect(JSON.parse(inDeno.trim())).toEqual(expected);
  }, 120_000);

  test("gives a user's compiler the types", async () => {
    const flags = ["--noEmit", "--strict", "--target", "esnext", "--module", "nodenext", "--lib", "esnext,dom,dom.iterable"];
    await call(toolPath("tsc"), [...flags, "--types", "", "script.ts"], { cwd: user });
  }, 60_000);
});
