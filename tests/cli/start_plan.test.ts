import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { UsageError } from "../../cli/flags.ts";
import { HEAD_PORT, readStartPlan } from "../../cli/node_settings.ts";

let folder: string;
const set: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mobula-plan-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  for (const name of set.splice(0)) delete process.env[name];
});

function env(name: string, value: string): void {
  set.push(name);
  process.env[name] = value;
}

function config(content: unknown): string {
  const file = join(folder, "node.json");
  writeFileSync(file, JSON.stringify(content));
  return file;
}

describe("what mobula start is told", () => {
  test("has Ray's shape by default: a head on loopback at a port of its own", () => {
    expect(readStartPlan({ head: true })).toEqual({ node: { port: HEAD_PORT }, tempDir: undefined, tokenByFlag: false, block: false });
    expect(readStartPlan({ address: "h:1" })).toMatchObject({ node: { address: "ws://h:1", port: 0 } });
  });

  test("is a flag's before the environment's, and that before the file's", () => {
    const file = config({ numCpus: 1, port: 1, name: "file", labels: { zone: "c" } });
    env("MOBULA_NUM_CPUS", "2");
    env("MOBULA_PORT", "2");
    const { node } = readStartPlan({ head: true, config: file, "num-cpus": "3" });
    expect(node).toEqual({ numCpus: 3, port: 2, name: "file", labels: { zone: "c" } });
  });

  test("a head's flag counts before an address of the environment", () => {
    env("MOBULA_ADDRESS", "h:1");
    expect(readStartPlan({ head: true }).node.address).toBeUndefined();
    expect(readStartPlan({}).node.address).toBe("ws://h:1");
  });

  test("takes resources and labels in the forms that people write", () => {
    const { node } = readStartPlan({
      head: true,
      resources: '{"tpu":2}',
      labels: "zone=a, rack=7",
      "object-store-memory": "1.5GiB",
      "spill-dir": "x",
    });
    expect(node).toMatchObject({
      resources: { tpu: 2 },
      labels: { zone: "a", rack: "7" },
      objectStoreMemory: 1.5 * 2 ** 30,
      spillDirectory: resolve("x"),
    });
    expect(readStartPlan({ head: true, labels: '{"zone":"a"}' }).node.labels).toEqual({ zone: "a" });
  });

  test.each([
    [{}, "say --head for a new cluster, or --address HOST:PORT to join one"],
    [{ head: true, address: "h:1" }, "--head and --address exclude each other: a head joins no other"],
    [{ address: "nowhere" }, '--address must be "host:port", "ws://…" or "wss://…", without credentials'],
    [{ head: true, port: "x" }, '--port must be a number, not "x"'],
    [{ head: true, port: "70000" }, "--port must be a whole number from 0 to 65535"],
    [{ head: true, "num-cpus": "-1" }, "--num-cpus must be a number of CPUs, 0 or more, no finer than 0.0001, not -1"],
    [{ head: true, resources: "tpu" }, `--resources must be a JSON object, such as '{"tpu":2}', not "tpu"`],
    [{ head: true, resources: '{"CPU":1}' }, '--resources must be custom resources only ("CPU" is stated with the option numCpus), not {"CPU":1}'],
    [{ head: true, labels: "zone" }, '--labels must be KEY=VALUE,KEY=VALUE or a JSON object, not "zone"'],
    [{ head: true, labels: "zone=b c" }, '--labels of zone must be a label of up to 63 letters, digits, "-", "_" and ".", not "b c"'],
    [{ head: true, "object-store-memory": "much" }, '--object-store-memory must be a number of bytes, such as 1073741824 or 1GiB, not "much"'],
    [{ address: "h:1", storage: "memory" }, "--storage is for a head"],
    [{ head: true, "tls-cert": "x" }, "--tls-cert needs a key: --tls-key FILE"],
  ] as [Record<string, unknown>, string][])("what cannot be is answered by name: %j", (flags, message) => {
    expect(() => readStartPlan(flags)).toThrow(new UsageError(message, ""));
  });

  test("what cannot be is named by where it was said", () => {
    env("MOBULA_NUM_GPUS", "1.5");
    expect(() => readStartPlan({ head: true })).toThrow("MOBULA_NUM_GPUS must be a whole number of GPUs, 0 or more, not 1.5");
    const file = config({ numCpu: 1 });
    expect(() => readStartPlan({ head: true, config: file, "num-gpus": "1" })).toThrow(`unknown setting "numCpu" in ${file}`);
    expect(() => readStartPlan({ head: true, config: config({ port: "many" }), "num-gpus": "1" })).toThrow('"port" in');
    expect(() => readStartPlan({ head: true, config: join(folder, "none") })).toThrow("cannot be read as JSON");
  });
});
