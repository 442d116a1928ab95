import { afterEach, describe, expect, test } from "bun:test";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dialNode } from "../../../actors/endpoint/mod.ts";
import { credentials } from "../../../actors/protocol/mod.ts";
import type { Frame } from "../../../net/mod.ts";
import { placeId, systemClock } from "../../../runtime/kernel/mod.ts";
import { waitForCondition } from "../../../testing/mod.ts";
import { closeAll, codeOf, dial, listen, TOKEN } from "./lab.ts";

const folders: string[] = [];

afterEach(async () => {
  await closeAll();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What a program writes that reads nothing. */
async function output(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  for await (const chunk of child.stdout) text += String(chunk);
  return text;
}

describe("a node", () => {
  test("links to another, and frames of any size go both ways in order", async () => {
    const { endpoint, frames, links } = await listen();
    const back: Frame[] = [];
    const { link } = await dial(endpoint.url, { onFrame: (frame) => back.push(frame) });
    const from = placeId(2, 3);
    const big = new SharedArrayBuffer(5_000_000);
    new Uint8Array(big).fill(9);
    for (let i = 0; i < 100; i++) link.send({ to: placeId(1, 0), from, bytes: new Uint8Array([i]), attachments: i === 50 ? [big] : [] });
    await waitForCondition(() => frames.length === 100);
    expect(frames.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const arrived = new Uint8Array(frames[50]?.attachments[0] as SharedArrayBuffer);
    expect([arrived.length, arrived[0], arrived.at(-1)]).toEqual([5_000_000, 9, 9]);
    links[0]?.send({ to: from, from: placeId(1, 0), bytes: new Uint8Array(3_000_000), attachments: [] });
    await waitForCondition(() => back.length === 1);
    expect(back[0]?.bytes.length).toBe(3_000_000);
  });

  test("gets no link from another that listens now where the one listened that it wants", async () => {
    const { endpoint, links } = await listen();
    const dial = (to: number) => dialNode({ url: endpoint.url, node: 2, to, token: TOKEN, clock: systemClock, events: { onFrame: () => {} } });
    expect(await codeOf(dial(524_288))).toBe("CLUSTER_UNAVAILABLE");
    expect(links).toEqual([]);
    (await dial(1)).close();
    expect(links.length).toBe(1);
  });

  test("speaks for its own places alone: a frame in another's name ends its link", async () => {
    const { endpoint, frames, closed, logged } = await listen();
    const { link } = await dial(endpoint.url);
    link.send({ to: placeId(1, 0), from: placeId(3, 0), bytes: new Uint8Array(1), attachments: [] });
    await waitForCondition(() => logged.length > 0);
    expect(logged[0]).toContain("in the name of node 3");
    expect(frames).toEqual([]);
    // Its node is told too: nothing more comes on that link.
    expect(closed).toEqual(["it sent a frame in the name of node 3"]);
  });

  test("that sends what is no frame is cut off, and others are not", async () => {
    const { endpoint, frames, closed } = await listen();
    const { link } = await dial(endpoint.url);
    const socket = new WebSocket(`${endpoint.url}/v1/node`, { headers: { ...credentials(TOKEN), "mobula-node": "3" } } as unknown as string[]);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const ended = new Promise((resolve) => socket.addEventListener("close", resolve));
    socket.send(crypto.getRandomValues(new Uint8Array(1_000)));
    await ended;
    expect(closed.length).toBe(1);
    link.send({ to: placeId(1, 0), from: placeId(2, 0), bytes: new Uint8Array(1), attachments: [] });
    await waitForCondition(() => frames.length === 1);
  });
});

describe("who is refused", () => {
  test("has a wrong token, another protocol, or finds nobody: each with its own error", async () => {
    const { endpoint, http } = await listen();
    expect(await codeOf(dial(endpoint.url, { token: "c".repeat(64) }))).toBe("AUTHENTICATION_ERROR");
    expect(await codeOf(dial(endpoint.url, { token: null }))).toBe("AUTHENTICATION_ERROR");
    expect((await fetch(`${http}/v1/nodes`, { headers: { ...credentials(TOKEN), "mobula-protocol": "9.0" } })).status).toBe(426);
    expect((await fetch(`${http}/v1/nodes`, { headers: { ...credentials(TOKEN), origin: "https://example.com" } })).status).toBe(403);
    expect((await fetch(`${http}/v1/nodes`, { headers: credentials(TOKEN) })).status).toBe(200);
    expect(await (await fetch(`${http}/healthz`)).text()).toBe("ok");
    await endpoint.close();
    expect(await codeOf(dial(endpoint.url))).toBe("CLUSTER_UNAVAILABLE");
  });

  test("listens beyond loopback without a token", async () => {
    const error = await listen({ host: "0.0.0.0", token: undefined }).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("needs a token");
  });
});

test("no message on a link waits 40 ms for the acknowledgement of its own beginning", async () => {
  // Deno's sockets, where they dial, hold back what follows a small packet until that is acknowledged, which systems put off.
  const { endpoint, links } = await listen({ onFrame: ({ to, from, bytes }) => links[0]?.send({ to: from, from: to, bytes, attachments: [] }) });
  for (const size of [1_100, 12_000, 60_000]) {
    let answered = (): void => {};
    const { link } = await dial(endpoint.url, { onFrame: () => answered() });
    const place = 2 * 2 ** 20;
    const times: number[] = [];
    for (let i = 0; i < 41; i++) {
      const start = performance.now();
      const answer = new Promise<void>((resolve) => (answered = resolve));
      link.send({ to: 1, from: place, bytes: new Uint8Array(size), attachments: [] });
      await answer;
      times.push(performance.now() - start);
    }
    expect(times.toSorted((a, b) => a - b)[20]).toBeLessThan(35);
    links.splice(0);
    link.close();
  }
});

describe("TLS", () => {
  test("is spoken with the certificate that was given", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mobula-tls-"));
    folders.push(folder);
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", ...subject, "-keyout", key, "-out", cert],
      { stdio: "ignore" },
    );
    const { endpoint } = await listen({ tls: { cert, key } });
    expect(endpoint.url).toMatch(/^wss:\/\/127\.0\.0\.1:/);
    const said = await output("openssl", ["s_client", "-connect", endpoint.url.replace("wss://", ""), "-CAfile", cert, "-verify_return_error"]);
    expect(said).toContain("Verify return code: 0");
    // Nobody vouches for it here.
    expect(await codeOf(dial(endpoint.url))).toBe("CLUSTER_UNAVAILABLE");
  });

  test("says which file cannot be read", async () => {
    const error = await listen({ tls: { cert: "/nowhere/cert.pem", key: "/nowhere/key.pem" } }).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("/nowhere/cert.pem");
  });
});
