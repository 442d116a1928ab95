import { rmSync } from "node:fs";
import { type FileHandle, mkdir, mkdtemp, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { OutOfDiskFault } from "../../../runtime/memory/mod.ts";
import type { DiskSpace, SpillDisk } from "./spill_disk.ts";

const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** Spill files in a directory of their own, for this user alone, which goes with `close`. */
export class FileDisk implements SpillDisk {
  readonly directory: string;

  /** `directory` is this disk's to remove. Use `create`. */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes a new directory within `parent`, which is made too if need be. */
  static async create(parent: string): Promise<FileDisk> {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    // mkdtemp makes it with mode 0700.
    return new FileDisk(await mkdtemp(join(parent, "mobula-spill-")));
  }

  async write(name: string, pieces: Iterable<Uint8Array>): Promise<void> {
    const path = join(this.directory, name);
    const file = await open(path, "wx", 0o600);
    let written = 0;
    try {
      for (const piece of pieces) {
        await writeAll(file, piece);
        written += piece.byteLength;
      }
      await file.close();
    } catch (error) {
      await file.close().catch(() => {});
      await rm(path, { force: true });
      throw asDiskFault(error, { path, neededBytes: written });
    }
  }

  async read(name: string, { offset, into }: { offset: number; into: Uint8Array }): Promise<number> {
    const file = await open(join(this.directory, name), "r");
    try {
      let done = 0;
      while (done < into.byteLength) {
        const { bytesRead } = await file.read(into, done, into.byteLength - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    } finally {
      await file.close();
    }
  }

  async delete(name: string): Promise<void> {
    await rm(join(this.directory, name), { force: true });
  }

  async space(): Promise<DiskSpace> {
    const { bavail, blocks, bsize } = await statfs(this.directory);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /** As `close`, for a process that is about to end. */
  closeNow(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  let done = 0;
  while (done < piece.byteLength) done += (await file.write(piece, done, piece.byteLength - done)).bytesWritten;
}

/** A lack of room in the store's own words; other errors as they are. */
export function asDiskFault(error: unknown, { path, neededBytes }: { path: string; neededBytes: number }): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string" || !NO_ROOM.has(code)) return error;
  return new OutOfDiskFault({ neededBytes, reason: `${code} while writing ${path}.`, cause: error });
}
