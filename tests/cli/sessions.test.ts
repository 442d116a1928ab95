import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import process from "node:process";
import {
  closeSession,
  findCluster,
  listSessions,
  makeSessionFolder,
  makeToken,
  readSession,
  readToken,
  sessionsFolder,
  writeSession,
} from "../../actors/sessions/mod.ts";

let root: string;
const before = { ...process.env };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mobula-sessions-"));
  process.env["MOBULA_TEMP_DIR"] = root;
  for (const name of ["MOBULA_ADDRESS", "MOBULA_TOKEN", "MOBULA_TOKEN_FILE"]) delete process.env[name];
});

afterEach(() => {
  for (const name of ["MOBULA_TEMP_DIR", "MOBULA_ADDRESS", "MOBULA_TOKEN", "MOBULA_TOKEN_FILE"]) {
    const value = before[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  rmSync(root, { recursive: true });
});

const node = (more: object = {}) => ({ nodeId: "n", pid: process.pid, address: "ws://127.0.0.1:1", head: true, ...more });

describe("sessions", () => {
  test("lie in a folder that is the user's alone", () => {
    expect(statSync(makeSessionFolder()).mode & 0o777).toBe(0o700);
    expect(statSync(sessionsFolder()).mode & 0o777).toBe(0o700);
  });

  test("never lie where others could read", () => {
    const folder = join(root, `mobula-${userInfo().uid}`);
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    expect(() => makeSessionFolder()).toThrow("is not a folder that is yours alone");
  });

  test("are found while their process runs, the last head first", () => {
    for (const [i, head] of [true, true, false].entries())
      writeSession(makeSessionFolder(), node({ nodeId: `n${i}`, head, address: `ws://127.0.0.1:${i + 1}` }));
    expect(listSessions().length).toBe(3);
    expect(readSession()?.address).toBe("ws://127.0.0.1:2");
  });

  test("are none when their process is gone, or is another one by now", async () => {
    const child = spawn("true");
    const pid = child.pid as number;
    await new Promise((resolve) => child.once("exit", resolve));
    writeSession(makeSessionFolder(), node({ pid }));
    const reused = makeSessionFolder();
    writeSession(reused, node());
    const file = join(reused, "node.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), begun: "1" }));
    expect(listSessions()).toEqual([]);
    expect(readSession()).toBeUndefined();
  });

  test("leave their logs when they are closed, but not for ever", () => {
    for (let i = 0; i < 13; i++) {
      const folder = makeSessionFolder();
      const token = makeToken(folder);
      writeSession(folder, node());
      writeFileSync(join(folder, "node.log"), "");
      closeSession(folder);
      expect(existsSync(token)).toBe(false);
    }
    expect(readdirSync(sessionsFolder()).length).toBe(10);
  });
});

describe("tokens", () => {
  test("have 256 bits and a file that its owner alone reads", () => {
    const file = makeToken(makeSessionFolder());
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readToken(file)).toMatch(/^[0-9a-f]{64}$/);
  });

  test("an unfit file is refused without a word of what is in it", () => {
    const file = join(root, "token");
    writeFileSync(file, "secret words");
    const error = (() => {
      try {
        readToken(file);
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(error?.name).toBe("AuthenticationError");
    expect(error?.message).not.toContain("secret");
  });

  test("are those of the environment, else of a node of this machine that is of that cluster", () => {
    const folder = makeSessionFolder();
    const tokenFile = makeToken(folder);
    writeSession(folder, node({ tokenFile }));
    expect(findCluster({ kind: "auto" }, undefined)).toEqual({ url: "ws://127.0.0.1:1", token: readToken(tokenFile) });
    expect(findCluster({ kind: "url", url: "ws://localhost:1" }, undefined).token).toBe(readToken(tokenFile));
    expect(findCluster({ kind: "url", url: "ws://127.0.0.1:2" }, undefined).token).toBeUndefined();
    for (const name of ["MOBULA_ADDRESS", "MOBULA_TOKEN", "MOBULA_TOKEN_FILE"]) process.env[name] = "";
    expect(findCluster({ kind: "auto" }, undefined)).toEqual({ url: "ws://127.0.0.1:1", token: readToken(tokenFile) });
    process.env["MOBULA_TOKEN"] = "t".repeat(16);
    expect(findCluster({ kind: "auto" }, undefined).token).toBe("t".repeat(16));
    expect(findCluster({ kind: "auto" }, "mine").token).toBe("mine");
  });
});
