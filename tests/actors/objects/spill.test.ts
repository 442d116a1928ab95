import { describe, expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asDiskFault } from "../../../actors/objects/spill/file_disk.ts";
import { FileDisk, MemoryDisk, PIECE_BYTES, type SpillDisk, SpillFiles } from "../../../actors/objects/spill/mod.ts";
import { OutOfDiskFault } from "../../../runtime/memory/mod.ts";

function shared(bytes: number, fill: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(bytes)).fill(fill);
}

async function inTemporary(work: (parent: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), "spill-test-"));
  await work(parent).finally(() => rm(parent, { recursive: true, force: true }));
}

const adapters: [name: string, create: (parent: string) => Promise<SpillDisk>][] = [
  ["a directory", (parent) => FileDisk.create(parent)],
  ["memory", async () => new MemoryDisk()],
];

for (const [name, create] of adapters) {
  describe(`a spill disk in ${name}`, () => {
    test("reads back what was written, and short at the end", () =>
      inTemporary(async (parent) => {
        const disk = await create(parent);
        await disk.write("f", [shared(10, 1), shared(20, 2)]);
        const into = shared(15, 0);
        expect(await disk.read("f", { offset: 5, into })).toBe(15);
        expect([...into]).toEqual([...Array(5).fill(1), ...Array(10).fill(2)]);
        expect(await disk.read("f", { offset: 25, into })).toBe(5);
        await disk.close();
      }));

    test("leaves nothing behind after an error, and deletes what is not there", () =>
      inTemporary(async (parent) => {
        const disk = await create(parent);
        function* broken(): Generator<Uint8Array> {
          yield shared(10, 1);
          throw new Error("broken");
        }
        await expect(disk.write("f", broken())).rejects.toThrow("broken");
        await disk.write("f", [shared(1, 1)]);
        await expect(disk.write("f", [shared(1, 2)])).rejects.toThrow();
        await disk.delete("f");
        await disk.delete("f");
        await expect(disk.read("f", { offset: 0, into: shared(1, 0) })).rejects.toThrow();
        const { freeBytes, totalBytes } = await disk.space();
        expect(freeBytes).toBeGreaterThan(0);
        expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
        await disk.close();
      }));

    test("fuses objects into a file that goes with the last of them", () =>
      inTemporary(async (parent) => {
        const disk = await create(parent);
        const files = new SpillFiles(disk);
        const objects = [shared(1000, 1), shared(PIECE_BYTES + 5, 2), shared(3, 3)];
        const locations = await files.write(objects);
        expect(files.fileCount).toBe(1);
        for (const [i, location] of locations.entries()) {
          const into = shared(location.bytes, 0);
          await files.read(location, into);
          expect(into.every((byte) => byte === i + 1)).toBe(true);
        }
        for (const location of locations) await files.release(location);
        expect([files.fileCount, files.liveBytes]).toEqual([0, 0]);
        await expect(disk.read(locations[0]!.file.name, { offset: 0, into: shared(1, 0) })).rejects.toThrow();
        await disk.close();
      }));
  });
}

describe("a spill directory", () => {
  test("is its user's alone and goes at the end", () =>
    inTemporary(async (parent) => {
      const disk = await FileDisk.create(join(parent, "deeper"));
      await disk.write("f", [shared(1, 1)]);
      expect(statSync(disk.directory).mode & 0o777).toBe(0o700);
      expect(statSync(join(disk.directory, "f")).mode & 0o777).toBe(0o600);
      await disk.close();
      expect(existsSync(disk.directory)).toBe(false);
      const other = await FileDisk.create(parent);
      other.closeNow();
      expect(await readdir(parent)).toEqual(["deeper"]);
    }));

  test("tells a full disk from other errors", () => {
    const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
    expect(asDiskFault(full, { path: "/x", neededBytes: 1 })).toBeInstanceOf(OutOfDiskFault);
    const other = Object.assign(new Error("broken"), { code: "EIO" });
    expect(asDiskFault(other, { path: "/x", neededBytes: 1 })).toBe(other);
  });
});
