import { OutOfDiskFault } from "../../../runtime/memory/mod.ts";
import type { DiskSpace, SpillDisk } from "./spill_disk.ts";

/** A disk in this process's memory, for simulations and tests. Private: nothing else sees its bytes. */
export class MemoryDisk implements SpillDisk {
  readonly files: Map<string, Uint8Array> = new Map();
  capacityBytes: number;

  constructor(capacityBytes: number = Number.MAX_SAFE_INTEGER) {
    this.capacityBytes = capacityBytes;
  }

  async write(name: string, pieces: Iterable<Uint8Array>): Promise<void> {
    if (this.files.has(name)) throw new Error(`There is a file ${name} already.`);
    const kept: Uint8Array[] = [];
    let size = 0;
    for (const piece of pieces) {
      kept.push(piece.slice());
      size += piece.byteLength;
      await Promise.resolve();
      if (size > this.#freeBytes()) throw new OutOfDiskFault({ neededBytes: size, reason: "the disk in memory is full." });
    }
    const file = new Uint8Array(size);
    let offset = 0;
    for (const piece of kept) {
      file.set(piece, offset);
      offset += piece.byteLength;
    }
    this.files.set(name, file);
  }

  async read(name: string, { offset, into }: { offset: number; into: Uint8Array }): Promise<number> {
    const file = this.files.get(name);
    if (file === undefined) throw new Error(`There is no file ${name}.`);
    const part = file.subarray(offset, offset + into.byteLength);
    into.set(part);
    return part.byteLength;
  }

  async delete(name: string): Promise<void> {
    this.files.delete(name);
  }

  async space(): Promise<DiskSpace> {
    return { freeBytes: this.#freeBytes(), totalBytes: this.capacityBytes };
  }

  async close(): Promise<void> {
    this.files.clear();
  }

  #freeBytes(): number {
    let used = 0;
    for (const file of this.files.values()) used += file.byteLength;
    return this.capacityBytes - used;
  }
}
