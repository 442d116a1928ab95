import { afterEach, describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import { dialNode, ENDPOINT_LIMITS } from "../../../actors/endpoint/mod.ts";
import { credentials } from "../../../actors/protocol/mod.ts";
import { PIECE_BYTES } from "../../../net/mod.ts";
import { placeId, systemClock } from "../../../runtime/kernel/mod.ts";
import { platform } from "../../../runtime/platform/mod.ts";
import { waitForCondition } from "../../../testing/mod.ts";
import { rejectionText } from "../../rejection.ts";
import { asNode, closeAll, codeOf, dial, listen, listenForProcesses, silent, socketTo, TOKEN } from "./lab.ts";

afterEach(closeAll);

const AGAIN = [1, 2, 3];

describe("refused, and logged once however often it comes", () => {
  test("a wrong token, at a node's endpoint and at that of its processes", async () => {
    const node = await listen();
    const processes = await listenForProcesses();
    for (const _ of AGAIN) {
      expect(await codeOf(dial(node.endpoint.url, { token: "c".repeat(64) }))).toBe("AUTHENTICATION_ERROR");
      expect(await socketTo(processes.endpoint.admit(7).url, { authorization: `Bearer ${"c".repeat(64)}` }).opened).toBe(false);
    }
    for (const { logged } of [node, processes]) {
      expect(logged).toEqual(["refused a connection from 127.0.0.1: the token is missing or wrong"]);
    }
  });

  test("wrong tokens by the dozen: they do not keep this machine's own processes out, whose tokens nobody guesses", async () => {
    const { endpoint } = await listenForProcesses();
    const { url, token } = endpoint.admit(7);
    for (let i = 0; i < 2 * ENDPOINT_LIMITS.failedAttempts; i++) await socketTo(url, { authorization: `Bearer ${"c".repeat(64)}` }).closed;
    expect(await socketTo(url, { authorization: `Bearer ${token}` }).opened).toBe(true);
  });

  test("another version of the protocol", async () => {
    const { http, logged } = await listen();
    for (const _ of AGAIN) {
      expect((await fetch(`${http}/v1/nodes`, { headers: { ...credentials(TOKEN), "mobula-protocol": "9.0" } })).status).toBe(426);
    }
    expect(logged.length).toBe(1);
    expect(logged[0]).toContain("9.0");
    expect(logged[0]).toContain("same release");
  });

  test("a web page, whatever it asks for and though it has the token", async () => {
    const node = await listen();
    const processes = await listenForProcesses();
    const { url, token } = processes.endpoint.admit(7);
    const origin = "https://example.com";
    for (const _ of AGAIN) {
      expect((await fetch(`${node.http}/v1/nodes`, { headers: { ...credentials(TOKEN), origin } })).status).toBe(403);
      expect(await socketTo(`${node.endpoint.url}/v1/node`, { ...asNode(), origin }).opened).toBe(false);
      expect(await socketTo(url, { authorization: `Bearer ${token}`, origin }).opened).toBe(false);
    }
    expect(node.logged).toEqual(["refused a connection from 127.0.0.1: not for web pages"]);
    expect(processes.logged).toEqual(node.logged);
    expect(await socketTo(url, { authorization: `Bearer ${token}` }).opened).toBe(true);
  });

  test("a frame larger than it may be: its link ends, and other links do not", async () => {
    const { endpoint, frames, closed, logged } = await listen({ limits: { frameBytes: 1_000 } });
    const { link: good } = await dial(endpoint.url);
    for (const time of AGAIN) {
      const { link, closed: ended } = await dial(endpoint.url, { node: 3 });
      link.send({ to: placeId(1, 0), from: placeId(3, 0), bytes: new Uint8Array(2_000), attachments: [] });
      expect(await ended).toContain("1000");
      await waitForCondition(() => closed.length === time);
    }
    expect(logged.length).toBe(1);
    expect(logged[0]).toContain("closed the link of node 3 from 127.0.0.1");
    expect(logged[0]).toContain("2000");
    good.send({ to: placeId(1, 0), from: placeId(2, 0), bytes: new Uint8Array(1), attachments: [] });
    await waitForCondition(() => frames.length === 1);
  });

  test("a message larger than it may be", async () => {
    const { endpoint, closed, logged } = await listen();
    for (const time of AGAIN) {
      const { socket, opened, closed: ended } = socketTo(`${endpoint.url}/v1/node`, asNode());
      expect(await opened).toBe(true);
      socket.send(new Uint8Array(PIECE_BYTES + 1));
      await ended;
      await waitForCondition(() => closed.length === time);
    }
    expect(logged.length).toBe(1);
    expect(logged[0]).toContain("closed the link of node 3");
  });

  test("a question larger than it may be, whether its length is said before or not", async () => {
    const { http, logged, questions } = await listen({ limits: { bodyBytes: 1_000 } });
    const ask = (body: BodyInit) => fetch(`${http}/v1/ask`, { method: "POST", headers: credentials(TOKEN), body });
    const text = JSON.stringify("x".repeat(2_000));
    const unsaid = new ReadableStream({
      start(controller) {
        for (const each of text) controller.enqueue(new TextEncoder().encode(each));
        controller.close();
      },
    });
    expect((await ask(text)).status).toBe(413);
    expect((await ask(unsaid)).status).toBe(413);
    expect((await ask(JSON.stringify("x".repeat(900)))).status).toBe(200);
    expect([questions.length, logged.length]).toEqual([1, 1]);
    expect(logged[0]).toContain("1000 bytes");
  });

  test("a link beyond as many as there may be", async () => {
    const { endpoint, logged } = await listen({ limits: { connections: 2 } });
    const { link } = await dial(endpoint.url);
    await dial(endpoint.url, { node: 3 });
    for (const _ of AGAIN) expect(await codeOf(dial(endpoint.url, { node: 4 }))).toBe("CLUSTER_UNAVAILABLE");
    expect(logged).toEqual(["refused a connection from 127.0.0.1: too many connections"]);
    link.close();
    await waitForCondition(async () => (await codeOf(dial(endpoint.url, { node: 4 }))) === "let in");
  });
});

describe("idle connections", () => {
  test("of a thousand nodes are links like others", async () => {
    const { endpoint, links } = await listen();
    for (let node = 2; node < 1_002; node += 100) await Promise.all(Array.from({ length: 100 }, (_, i) => dial(endpoint.url, { node: node + i })));
    expect(links.length).toBe(1_000);
    expect(await codeOf(dial(endpoint.url, { node: 2_000 }))).toBe("let in");
  });

  test("of a thousand that say nothing keep nobody out, and end by themselves where the runtime sees to it", async () => {
    const { endpoint } = await listen();
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => silent(endpoint.url)));
    let ended = 0;
    for (const socket of sockets) socket.once("close", () => ended++);
    expect(await codeOf(dial(endpoint.url))).toBe("let in");
    if (platform.name === "bun") await waitForCondition(() => ended === 1_000, { timeoutMs: 3 * ENDPOINT_LIMITS.silentMs });
    for (const socket of sockets) socket.destroy();
  }, 60_000);

  test("of those who were let in, and wait for an answer, do not end", async () => {
    const patience = Promise.withResolvers<void>();
    const { http } = await listen({ limits: { silentMs: 1_000 }, ask: () => patience.promise.then(() => "late") });
    const answer = fetch(`${http}/v1/ask`, { method: "POST", headers: credentials(TOKEN), body: "{}" });
    systemClock.after(6_000, () => patience.resolve());
    expect(await (await answer).json()).toBe("late");
  }, 30_000);
});

describe("who dials a node that takes no link", () => {
  test("hears of it in time, whether the node says nothing at all or nothing more", async () => {
    for (const first of ["", "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"]) {
      let connections = 0;
      const server = createServer((socket) => {
        socket.on("error", () => {});
        if (connections++ === 0 && first !== "") socket.end(first);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const url = `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
      const dialled = dialNode({ url, node: 2, token: TOKEN, clock: systemClock, events: { onFrame: () => {} }, limits: { dialMs: 300 } });
      expect(await rejectionText(dialled)).toContain("it took no link within 0.3 s");
      server.close();
    }
  });
});
