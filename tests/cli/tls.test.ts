import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNodeProcess } from "../../actors/driver/mod.ts";
import { rejectionText } from "../rejection.ts";
import { Mobula } from "./mobula.ts";

const folder = mkdtempSync(join(tmpdir(), "mobula-tls-"));
const [authority, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((name) => join(folder, name)) as [string, string, string];

/** An authority of our own, and a certificate of it for this machine's loopback addresses. */
function makeCertificates(): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...curve, "-days", "1", "-subj", "/CN=an authority", "-keyout", "ca.key", "-out", authority);
  openssl("req", ...curve, "-subj", "/CN=a node", "-keyout", key, "-out", "node.csr");
  writeFileSync(join(folder, "names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n");
  openssl(
    "x509",
    "-req",
    "-in",
    "node.csr",
    "-CA",
    authority,
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-days",
    "1",
    "-extfile",
    "names",
    "-out",
    cert,
  );
}

const trusting = { NODE_EXTRA_CA_CERTS: authority };
const tlsFlags = ["--tls-cert", cert, "--tls-key", key];

describe("a cluster that speaks TLS", () => {
  let mobula: Mobula;
  let head: { nodeId: string; address: string; tokenFile: string };
  let other: { nodeId: string };

  beforeAll(async () => {
    makeCertificates();
    mobula = new Mobula(trusting);
    head = await mobula.json("start", "--head", "--port", "0", "--num-cpus", "1", ...tlsFlags);
    other = await mobula.json("start", "--address", head.address, "--num-cpus", "1", ...tlsFlags);
  });

  afterAll(async () => {
    await mobula[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const token = () => readFileSync(head.tokenFile, "utf8").trim();

  test("is started, asked and used like any other by those who trust its authority", async () => {
    expect(head.address).toMatch(/^wss:\/\/127\.0\.0\.1:/);
    const { nodes } = await mobula.json("status");
    expect(nodes.map(({ nodeId, address }: Record<string, string>) => [nodeId, address?.slice(0, 6)])).toEqual([
      [head.nodeId, "wss://"],
      [other.nodeId, "wss://"],
    ]);
    expect((await mobula.run("health-check")).code).toBe(0);
    const { code, stdout, stderr } = await mobula.script("tests/cli/spread_driver.ts");
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout).toSorted()).toEqual([head.nodeId, other.nodeId].toSorted());
  });

  test("takes nodes of either runtime", async () => {
    for (const runtime of ["bun", "deno"] as const) {
      const node = await startNodeProcess({ address: head.address, token: token(), tls: { cert, key }, numCpus: 1, runtime, env: trusting });
      expect(node.url).toMatch(/^wss:/);
      node.kill("SIGTERM");
      await node.ended;
    }
  });

  test("is refused by those who do not trust it, who hear how they would", async () => {
    for (const runtime of ["bun", "deno"] as const) {
      const text = await rejectionText(startNodeProcess({ address: head.address, token: token(), numCpus: 1, runtime }));
      expect(text).toMatch(/certificate/);
      expect(text).toContain("NODE_EXTRA_CA_CERTS=FILE");
    }
  });

  test("hears nothing in clear: a node without a certificate listens for its own machine or not at all", async () => {
    const join = (host: string) => startNodeProcess({ address: head.address, token: token(), numCpus: 1, host, env: trusting });
    const text = await rejectionText(join("0.0.0.0"));
    expect(text).toContain("speaks TLS");
    expect(text).toContain("--tls-cert");
    const node = await join("127.0.0.1");
    expect(node.url).toMatch(/^ws:\/\/127/);
    node.kill("SIGTERM");
    await node.ended;
  });

  test("has drivers with certificates too, where the environment names one; half of one is refused", async () => {
    const whole = { MOBULA_TLS_CERT: cert, MOBULA_TLS_KEY: key };
    const driver = await mobula.script("tests/cli/spread_driver.ts", [], whole);
    expect([driver.code, driver.stderr]).toEqual([0, ""]);
    const half = await mobula.script("tests/cli/spread_driver.ts", [], { MOBULA_TLS_CERT: cert });
    expect(half.code).not.toBe(0);
    expect(half.stderr).toContain("MOBULA_TLS_CERT and MOBULA_TLS_KEY go together");
  });
});
