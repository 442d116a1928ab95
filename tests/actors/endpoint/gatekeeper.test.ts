import { describe, expect, test } from "bun:test";
import { type Credentials, Gatekeeper } from "../../../actors/endpoint/mod.ts";

const TOKEN = "a".repeat(64);
const good: Credentials = {
  host: "127.0.0.1:1",
  origin: undefined,
  authorization: `Bearer ${TOKEN}`,
  version: "1.7",
  remote: "10.0.0.1",
};

function lab() {
  let now = 0;
  const logged: string[] = [];
  const gate = new Gatekeeper({
    clock: { now: () => now },
    token: TOKEN,
    hosts: ["127.0.0.1:1"],
    version: "1.0",
    limits: { failedAttempts: 3, failedAttemptsMs: 1_000, watchedAddresses: 4 },
    log: (text) => logged.push(text),
  });
  const status = (changes: Partial<Credentials>): number | undefined => gate.refuses({ ...good, ...changes })?.status;
  return { gate, status, logged, pass: (ms: number) => void (now += ms) };
}

describe("who may come in", () => {
  test("has the token and the protocol's major version", () => {
    const { status } = lab();
    expect(status({})).toBeUndefined();
    expect(status({ authorization: undefined })).toBe(401);
    expect(status({ authorization: `Bearer ${TOKEN}a` })).toBe(401);
    expect(status({ authorization: `Basic ${TOKEN}` })).toBe(401);
    expect(status({ version: "2.0", remote: "10.0.0.2" })).toBe(426);
    expect(status({ version: undefined, remote: "10.0.0.2" })).toBe(426);
  });

  test("is no web page, neither by its origin nor by a name that was made to lead here", () => {
    const { status } = lab();
    expect(status({ origin: "https://example.com" })).toBe(403);
    expect(status({ origin: "null" })).toBe(403);
    expect(status({ host: "example.com:1" })).toBe(403);
    expect(status({ host: undefined })).toBe(403);
  });

  test("waits after too many failures, also with the right token, and others do not", () => {
    const { status, pass } = lab();
    for (let i = 0; i < 3; i++) expect(status({ authorization: "Bearer no" })).toBe(401);
    expect(status({})).toBe(429);
    expect(status({ remote: "10.0.0.2" })).toBeUndefined();
    pass(1_001);
    expect(status({})).toBeUndefined();
  });
});

describe("failures", () => {
  test("of all addresses of an IPv6 network count together, and of an IPv4 address however it is written", () => {
    const { status } = lab();
    for (let i = 1; i <= 3; i++) expect(status({ remote: `2001:db8:0:7::${i}`, authorization: undefined })).toBe(401);
    expect(status({ remote: "2001:db8:0:7:ffff::1" })).toBe(429);
    expect(status({ remote: "2001:db8:0:8::1" })).toBeUndefined();
    for (let i = 1; i <= 3; i++) expect(status({ remote: "::ffff:10.0.0.9", authorization: undefined })).toBe(401);
    expect(status({ remote: "10.0.0.9" })).toBe(429);
    expect(status({ remote: "10.0.0.8" })).toBeUndefined();
  });
});

describe("a refusal", () => {
  test("is logged once for each kind and address, and never tells the token", () => {
    const { status, logged } = lab();
    for (let i = 0; i < 3; i++) status({ authorization: "Bearer wrong-token-that-is-long-enough" });
    status({ origin: "https://example.com" });
    expect(logged.length).toBe(2);
    expect(logged.join("\n")).not.toContain("wrong-token");
    expect(logged.join("\n")).not.toContain(TOKEN);
  });

  test("is told in one short line, whatever the sender calls itself", () => {
    const { gate, logged } = lab();
    gate.refuses({ ...good, host: `a\u001b[2J\r\nmobula: all is well ${"x".repeat(10_000)}` });
    expect(logged.length).toBe(1);
    expect(logged[0]).toMatch(/^refused a connection from 10\.0\.0\.1: not the host a\?\[2J\?\?mobula/);
    expect(logged[0]?.length).toBeLessThan(300);
  });

  test("is remembered for so many addresses, and no more", () => {
    const { status, logged } = lab();
    for (let i = 0; i < 1_000; i++) expect(status({ remote: `10.1.0.${i}`, authorization: undefined })).toBe(401);
    expect(logged.length).toBe(4);
  });
});
