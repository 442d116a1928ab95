import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root as repository } from "../../scripts/lib/report.ts";
import { run } from "../../scripts/lib/run.ts";
import { toolPath } from "../../scripts/lib/runtime.ts";

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

async function call(command: string, args: string[], cwd: string): Promise<string> {
  const { code, output } = await run(command, args, { cwd, deadlineMs: 120_000, env: { NO_COLOR: "1" } });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output}`);
  return output;
}

/** A copy of the sources, so that packing here does not race with another run over one `dist/`. */
async function copySources(to: string): Promise<void> {
  for (const entry of await readdir(repository)) {
    if (["node_modules", "dist", ".git"].includes(entry) || entry.endsWith(".tgz")) continue;
    await cp(join(repository, entry), join(to, entry), { recursive: true });
  }
  await symlink(join(repository, "node_modules"), join(to, "node_modules"));
}

describe.if(existsSync(join(repository, "mod.ts")))("the package", () => {
  let folder = "";
  let tarball = "";
  let user = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mobula-package-"));
    const sources = join(folder, "sources");
    await copySources(sources);
    await call("npm", ["pack", "--pack-destination", folder], sources);
    const packed = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
    tarball = join(folder, packed ?? "no tarball");
    user = join(folder, "user");
    await cp(join(repository, "LICENSE"), join(user, "LICENSE"));
    await writeFile(join(user, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
    await writeFile(join(user, "script.ts"), script);
    await call("npm", ["install", "--no-audit", "--no-fund", tarball], user);
  }, 180_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("is smaller than 1 MB and holds compiled code, types, README and license alone", async () => {
    expect((await stat(tarball)).size).toBeLessThan(1_000_000);
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
    const inBun = await call(toolPath("bun"), ["run", "script.ts"], user);
    expect(JSON.parse(inBun.trim())).toEqual(expected);
    const inDeno = await call(toolPath("deno"), ["run", "-A", "--no-check", "script.ts"], user);
    expect(JSON.parse(inDeno.trim())).toEqual(expected);
  }, 120_000);

  test("gives a user's compiler the types", async () => {
    const flags = ["--noEmit", "--strict", "--target", "esnext", "--module", "nodenext", "--lib", "esnext,dom,dom.iterable"];
    await call(toolPath("tsc"), [...flags, "--types", "", "script.ts"], user);
  }, 60_000);
});
