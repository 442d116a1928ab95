import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdir, readFile, realpath, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { root as repository } from "../../scripts/lib/report.ts";
import { run } from "../../scripts/lib/run.ts";
import { type Runtime, runtimes, toolPath } from "../../scripts/lib/runtime.ts";
import { call, type Installed, installPackage } from "./installed.ts";

const driver = (mobula: string): string => `
import { get, getRuntimeContext, init, remote } from "${mobula}";
await using context = await init({ address: "auto" });
const where = remote(async function where() { return getRuntimeContext().nodeId; });
console.log(JSON.stringify({ address: context.address, nodeId: await get(where.remote()) }));
`;

const clusterTest = `
import { get, init, remote } from "mobula";
import { Cluster } from "mobula/testing";
await using cluster = await Cluster.start({ head: { numCpus: 0 } });
await cluster.addNode({ numCpus: 1 });
await cluster.waitForNodes();
await using _context = await init({ address: cluster.address, token: cluster.token });
console.log(await get(remote((x: number) => x + 1).remote(41)));
`;

/** `deno run -A` or `bun run` of a file. */
const commandOf = (runtime: Runtime): string[] => (runtime === "bun" ? [toolPath("bun"), "run"] : [toolPath("deno"), "run", "-A", "--no-check"]);

describe("the installed command", () => {
  let installed: Installed;
  let outside = "";
  /** Commands as a user has them, with sessions that no other test sees. */
  let env: Record<string, string> = {};
  const pathWith = (runtime: Runtime): string => `${join(installed.folder, runtime)}:/usr/bin:/bin`;

  beforeAll(async () => {
    installed = await installPackage();
    const { folder } = installed;
    outside = join(folder, "outside");
    for (const name of [...runtimes, "outside", "temp"]) await mkdir(join(folder, name));
    for (const runtime of runtimes) await symlink(await realpath(toolPath(runtime)), join(folder, runtime, runtime));
    env = { MOBULA_TEMP_DIR: join(folder, "temp"), MOBULA_ADDRESS: "", MOBULA_TOKEN: "" };
    await writeFile(join(installed.user, "driver.ts"), driver("mobula"));
    await writeFile(join(installed.user, "cluster.ts"), clusterTest);
  }, 180_000);

  afterAll(() => installed[Symbol.asyncDispose]());

  const mobula = (): string => join(installed.user, "node_modules/.bin/mobula");

  for (const runtime of runtimes) {
    test(`finds ${runtime}, starts a cluster from any folder, which scripts find, and ends it`, async () => {
      const own = { ...env, PATH: pathWith(runtime) };
      const at = (...args: string[]): Promise<string> => call(mobula(), args, { cwd: outside, env: own });
      const head = JSON.parse(await at("start", "--head", "--port", "0", "--num-cpus", "1", "--json"));
      try {
        const nodes = JSON.parse(await at("status", "--json")).nodes;
        expect(nodes.map(({ nodeId, runtime }: Record<string, string>) => [nodeId, runtime])).toEqual([[head.nodeId, runtime]]);
        expect(await at("health-check")).toContain("is up");
        for (const each of runtimes) {
          const [program = "", ...args] = [...commandOf(each), join(installed.user, "driver.ts")];
          const said = await call(program, args, { cwd: installed.user, env: own });
          expect(JSON.parse(said)).toEqual({ address: head.address, nodeId: head.nodeId });
        }
      } finally {
        expect(await at("stop")).toContain("Stopped 1 node.");
      }
    }, 60_000);

    test(`runs as npm:mobula and as bunx mobula (${runtime})`, async () => {
      const args = runtime === "bun" ? ["x", "mobula", "--version"] : ["run", "-A", "npm:mobula", "--version"];
      const { version } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
      expect((await call(toolPath(runtime), args, { cwd: installed.user, env })).trim()).toBe(version);
    }, 60_000);

    test(`mobula/testing starts a cluster in ${runtime}`, async () => {
      const [program = "", ...args] = [...commandOf(runtime), "cluster.ts"];
      expect((await call(program, args, { cwd: installed.user, env })).trim()).toBe("42");
    }, 60_000);
  }

  test("says what to do where there is neither bun nor deno", async () => {
    const { code, output } = await run(mobula(), ["status"], { cwd: outside, deadlineMs: 10_000, env: { PATH: "/usr/bin:/bin" } });
    expect([code, output]).toEqual([127, "mobula: neither bun nor deno is on the PATH. Install one of them, such as with: npm install -g bun\n"]);
  });

  test("starts nodes and process workers from Deno's own cache, where no node_modules folder is", async () => {
    const registry = await serveRegistry(installed.tarball);
    const { port } = registry.address() as AddressInfo;
    const own = { ...env, NPM_CONFIG_REGISTRY: `http://127.0.0.1:${port}/`, DENO_DIR: join(installed.folder, "deno-cache") };
    const deno = (...args: string[]): Promise<string> => call(toolPath("deno"), ["run", "-A", "--quiet", ...args], { cwd: outside, env: own });
    try {
      await writeFile(join(outside, "driver.ts"), driver("npm:mobula").replace(".remote())", '.options({ isolation: "process" }).remote())'));
      const head = JSON.parse(await deno("npm:mobula", "start", "--head", "--port", "0", "--num-cpus", "1", "--json"));
      try {
        expect(JSON.parse(await deno("--no-check", "driver.ts"))).toEqual({ address: head.address, nodeId: head.nodeId });
      } finally {
        expect(await deno("npm:mobula", "stop")).toContain("Stopped 1 node.");
      }
    } finally {
      registry.close();
    }
  }, 120_000);
});

/**
 * A registry that has this package, and for others what the real one has, without their optional dependencies: a registry
 * need not have builds for every platform, and Deno insists on all of them.
 */
async function serveRegistry(tarball: string): Promise<Server> {
  const [content, manifest] = await Promise.all([readFile(tarball), readFile(join(repository, "package.json"), "utf8")]);
  const { devDependencies: _, ...latest } = JSON.parse(manifest);
  const others = (await call("npm", ["config", "get", "registry"], { cwd: repository })).trim().split("\n").at(-1)?.replace(/\/$/, "");
  const integrity = `sha512-${createHash("sha512").update(content).digest("base64")}`;
  const server = createServer(async (request, response) => {
    const { url = "/", headers } = request;
    if (url === "/mobula.tgz") return response.end(content);
    if (url.endsWith(".tgz")) return response.writeHead(302, { location: `${others}${url}` }).end();
    if (url !== "/mobula") {
      const answer = await fetch(`${others}${url}`, { headers: { accept: headers.accept ?? "*/*" } });
      const known = await answer.text();
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "application/json" });
      return response.end(answer.ok ? JSON.stringify(withoutOptional(JSON.parse(known))) : known);
    }
    const version = { ...latest, dist: { tarball: `http://${headers.host}/mobula.tgz`, integrity } };
    const tags = { latest: latest.version };
    return response.end(JSON.stringify({ name: "mobula", "dist-tags": tags, versions: { [latest.version]: version } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

interface Versions {
  versions?: Record<string, { optionalDependencies?: unknown }>;
}

function withoutOptional(known: Versions): Versions {
  for (const version of Object.values(known.versions ?? {})) delete version.optionalDependencies;
  return known;
}
