import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { get, init, type ObjectRef, ObjectStoreFullError, OutOfDiskError, put, remote, shutdown } from "../../mod.ts";
import { rejectionText } from "../rejection.ts";
import { collectUntil, figures, keptBytes, MIB, turn } from "./store.ts";

const CAPACITY = 64 * MIB;

function filled(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

function isFilled(bytes: Uint8Array, fill: number): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== fill) return false;
  return true;
}

describe("beyond the store's memory", () => {
  const directory = mkdtempSync(join(tmpdir(), "mobula-limits-"));
  beforeAll(() => init({ numCpus: 2, objectStoreMemory: CAPACITY, spillDirectory: directory }));
  afterAll(async () => {
    await shutdown();
    expect(readdirSync(directory)).toEqual([]);
    rmSync(directory, { recursive: true });
  });

  test("a tight loop of puts spills to disk, and all come back equal, here and in workers", async () => {
    const refs: ObjectRef<Uint8Array>[] = [];
    for (let i = 0; i < 1_000; i++) refs.push(put(filled(200 * 1024, i % 251)));
    const full = await figures();
    expect(full.store.usedBytes).toBeLessThanOrEqual(CAPACITY);
    expect(full.store.spilledBytes).toBeGreaterThan(100 * MIB);
    for (let i = 0; i < refs.length; i++) expect(isFilled(await get(refs[i]!), i % 251)).toBe(true);
    const check = remote((bytes: Uint8Array) => [bytes.length, bytes[0], bytes[bytes.length - 1]]);
    const seen = await get(refs.map((ref) => check.remote(ref)));
    seen.forEach((one, i) => expect(one).toEqual([200 * 1024, i % 251, i % 251]));
    for (const ref of refs) ref[Symbol.dispose]();
    await collectUntil((now) => keptBytes(now) === 0);
  }, 60_000);

  test("a worker's tight loop of puts does as well, and so do results larger than the room", async () => {
    const putMany = remote((count: number) => {
      const refs = [];
      for (let i = 0; i < count; i++) refs.push(put(new Uint8Array(1024 * 1024).fill(i)));
      return refs;
    });
    const refs = await get(putMany.remote(120));
    for (let i = 0; i < refs.length; i++) expect(isFilled(await get(refs[i]!), i)).toBe(true);
    const make = remote((fill: number) => new Uint8Array(10 * 1024 * 1024).fill(fill));
    const results = Array.from({ length: 12 }, (_, i) => make.remote(i));
    for (let i = 0; i < results.length; i++) expect(isFilled(await get(results[i]!), i)).toBe(true);
    for (const ref of [...refs, ...results]) ref[Symbol.dispose]();
    await collectUntil((now) => keptBytes(now) === 0);
  });

  test("a value larger than the whole store says so, by put and as a result", async () => {
    expect(() => put(new Uint8Array(CAPACITY + 1))).toThrow(ObjectStoreFullError);
    expect(() => put(new Uint8Array(CAPACITY + 1))).toThrow(/larger than the whole store/);
    const tooLarge = remote(() => new Uint8Array(65 * 1024 * 1024));
    expect(await rejectionText(get(tooLarge.remote()))).toMatch(/larger than the whole store/);
    expect(await get(put(1))).toBe(1);
  });

  test("when views keep everything, the error names who holds what, and what is there stays", async () => {
    const views: Uint8Array[] = [];
    const refs: ObjectRef<Uint8Array>[] = [];
    let error: Error | undefined;
    for (let i = 0; i < 20 && error === undefined; i++) {
      try {
        const ref = put(filled(7 * MIB, i));
        refs.push(ref);
        views.push(await get(ref));
      } catch (thrown) {
        error = thrown as Error;
      }
    }
    expect(error).toBeInstanceOf(ObjectStoreFullError);
    expect(error?.message).toMatch(/in view at place/);
    views.forEach((view, i) => expect(isFilled(view, i)).toBe(true));
    views.length = 0;
    for (const ref of refs) ref[Symbol.dispose]();
    await collectUntil((now) => keptBytes(now) === 0);
    expect(isFilled(await get(put(filled(7 * MIB, 3))), 3)).toBe(true);
    await collectUntil((now) => keptBytes(now) === 0);
  });

  test("buffers are used again: putting and disposing does not make the process grow", async () => {
    const value = new Uint8Array(20 * MIB);
    const cycle = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        using ref = put(value);
        expect(ref.id).toBeTruthy();
        await turn();
      }
    };
    await cycle(10);
    const before = process.memoryUsage.rss();
    await cycle(50);
    expect(process.memoryUsage.rss() - before).toBeLessThan(70 * MIB);
  });

  test("a view that is still used is never overwritten, whatever the store does", async () => {
    const kept: Uint8Array[] = [];
    for (let i = 0; i < 40; i++) {
      using ref = put(filled(300_000, i));
      kept.push(await get(ref));
    }
    for (let i = 0; i < 300; i++) {
      put(filled(300_000, 255));
      if (i % 25 === 0) await turn();
    }
    kept.forEach((view, i) => expect(isFilled(view, i)).toBe(true));
  });
});

/** A disk of 24 MiB, where this user may mount one. */
function mount(): string | undefined {
  const path = join(mkdtempSync(join(tmpdir(), "mobula-disk-")), "tiny");
  mkdirSync(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", path], { stdio: "ignore" });
    return path;
  } catch {
    return undefined;
  }
}

describe("a full disk", () => {
  let mounted: string | undefined;
  beforeAll(async () => {
    mounted = mount();
    if (mounted !== undefined) await init({ numCpus: 1, objectStoreMemory: 32 * MIB, spillDirectory: mounted });
  });
  afterAll(async () => {
    await shutdown();
    if (mounted !== undefined) execFileSync("umount", [mounted]);
  });

  test("is an OutOfDiskError, and nothing that was accepted is lost", async () => {
    if (mounted === undefined) return;
    const refs: ObjectRef<Uint8Array>[] = [];
    let error: Error | undefined;
    for (let i = 0; i < 100 && error === undefined; i++) {
      try {
        refs.push(put(filled(MIB, i)));
      } catch (thrown) {
        error = thrown as Error;
      }
    }
    expect(error).toBeInstanceOf(OutOfDiskError);
    expect(error?.message).toMatch(/full|space/i);
    expect(refs.length).toBeGreaterThan(32);
    // With a little room on disk again, what is in memory can change places with what is not.
    for (const ref of refs.slice(0, 8)) ref[Symbol.dispose]();
    for (let i = 8; i < refs.length; i++) {
      expect(isFilled(await get(refs[i]!), i)).toBe(true);
      refs[i]![Symbol.dispose]();
    }
  });
});
