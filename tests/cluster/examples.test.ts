import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { init, timeline } from "../../mod.ts";
import { Cluster, type ClusterNode } from "../../testing/mod.ts";
import { checkExample, examples } from "../examples/expectations.ts";
import { runScript } from "../examples/run_script.ts";

let cluster: Cluster;
let nodes: readonly ClusterNode[];

beforeAll(async () => {
  cluster = await Cluster.start({ head: { numCpus: 0 } });
  nodes = await Promise.all([cluster.addNode({ numCpus: 2, runtime: "bun" }), cluster.addNode({ numCpus: 2, runtime: "deno" })]);
  await cluster.waitForNodes();
});

afterAll(() => cluster.shutdown());

const env = (): Record<string, string> => ({ MOBULA_ADDRESS: cluster.address, MOBULA_TOKEN: cluster.token });

describe("a script that was written for one machine, with the address of a cluster in its environment", () => {
  for (const file of examples) {
    const run = (): Promise<void> => checkExample(file, { env: env() });
    test(`${file} gives the results that it gives there`, run, 150_000);
  }

  test("ran its tasks on the nodes of both runtimes", async () => {
    await using _ctx = await init({ address: cluster.address, token: cluster.token });
    // A trace names the nodes on which something ran.
    const names = (await timeline()).flatMap(({ ph, args }) => (ph === "M" ? [String((args as { name: unknown }).name)] : []));
    for (const { id } of nodes) expect(names.join()).toContain(id);
  });

  test("hears at its first call why it cannot connect", async () => {
    const refused = await runScript("examples/squares.ts", [], { env: { ...env(), MOBULA_TOKEN: "another" } });
    expect(refused.output).toContain("AuthenticationError");
    const alone = await runScript("examples/squares.ts", [], { env: { ...env(), MOBULA_ADDRESS: "127.0.0.1:9" } });
    expect(alone.output).toContain("ClusterUnavailableError");
    expect([refused.code, alone.code]).toEqual([1, 1]);
  });
});
