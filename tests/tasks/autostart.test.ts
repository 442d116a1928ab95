import { afterAll, describe, expect, test } from "bun:test";
import { get, isInitialized, put, remote, shutdown } from "../../mod.ts";

const square = remote((x: number) => x * x);

afterAll(() => shutdown());

describe("without init", () => {
  test("the first call starts a node, and after a shutdown the next one does", async () => {
    expect(isInitialized()).toBe(false);
    expect(await get(square.remote(3))).toBe(9);
    expect(isInitialized()).toBe(true);
    await shutdown();
    expect(isInitialized()).toBe(false);
    expect(await get(put(4))).toBe(4);
    expect(await get(square.remote(4))).toBe(16);
    await shutdown();
  });
});
