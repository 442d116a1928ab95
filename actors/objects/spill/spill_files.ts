import { OutOfDiskFault } from "../../../runtime/memory/mod.ts";
import type { SpillDisk } from "./spill_disk.ts";

/** Objects written to one file at most, as in Ray. */
export const MAX_OBJECTS_PER_FILE = 2000;
/** The part of the disk in use, by whomever, at which it counts as full, as in Ray. */
export const DISK_FULL_AT = 0.95;
/** Bytes that are summed and written at a time, so that the thread's other work never waits long. */
export const PIECE_BYTES: number = 8 * 1024 * 1024;

/** What was read is not what was written. The object is lost on this node; its bytes were given to nobody. */
export class SpillCorruptFault extends Error {
  override readonly name: string = "SpillCorruptFault";
}

type Checksum = (piece: Uint8Array, crc: number) => number;

/** Loaded with the first object that goes to disk: few nodes have any, and all of them start. */
async function checksum(): Promise<Checksum> {
  return (await import("node:zlib")).crc32;
}

interface SpillFile {
  readonly name: string;
  live: number;
}

/** Where a spilled object is. */
export interface SpillLocation {
  readonly file: SpillFile;
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
}

/** The files that spilled objects are fused into. A file goes when the last of its objects is released. */
export class SpillFiles {
  readonly #disk: SpillDisk;
  #sequence = 0;
  #files = 0;
  #bytes = 0;

  constructor(disk: SpillDisk) {
    this.#disk = disk;
  }

  get fileCount(): number {
    return this.#files;
  }

  /** Bytes of the objects that are on disk. */
  get liveBytes(): number {
    return this.#bytes;
  }

  /**
   * Writes objects into one file; the places in order.
   * @throws OutOfDiskFault, also when the disk would be over `DISK_FULL_AT`. Nothing is left behind then.
   */
  async write(objects: readonly Uint8Array[]): Promise<SpillLocation[]> {
    const size = objects.reduce((sum, object) => sum + object.byteLength, 0);
    await this.#checkSpace(size);
    const file: SpillFile = { name: `objects-${++this.#sequence}`, live: objects.length };
    const locations: SpillLocation[] = [];
    const crc32 = await checksum();
    await this.#disk.write(
      file.name,
      fuse(objects, crc32, (location) => locations.push({ file, ...location })),
    );
    this.#files++;
    this.#bytes += size;
    return locations;
  }

  /** Reads an object back. @throws SpillCorruptFault if it is not what was written; other errors are the disk's. */
  async read(location: SpillLocation, into: Uint8Array): Promise<void> {
    const crc32 = await checksum();
    let crc = 0;
    for (let done = 0; done < location.bytes; done += PIECE_BYTES) {
      const piece = into.subarray(done, Math.min(done + PIECE_BYTES, location.bytes));
      const got = await this.#disk.read(location.file.name, { offset: location.offset + done, into: piece });
      if (got !== piece.byteLength) {
        throw new SpillCorruptFault(`Spill file ${location.file.name} ends at byte ${location.offset + done + got}, inside an object.`);
      }
      crc = crc32(piece, crc);
    }
    if (crc !== location.crc) {
      throw new SpillCorruptFault(`Spill file ${location.file.name} has changed: wrong checksum at byte ${location.offset}.`);
    }
  }

  /** The object needs its place no more. A failing delete costs disk space alone, until `close` of the disk. */
  async release(location: SpillLocation): Promise<void> {
    this.#bytes -= location.bytes;
    if (--location.file.live > 0) return;
    this.#files--;
    await this.#disk.delete(location.file.name).catch(() => {});
  }

  async #checkSpace(size: number): Promise<void> {
    const { freeBytes, totalBytes } = await this.#disk.space();
    if (totalBytes - freeBytes + size <= totalBytes * DISK_FULL_AT) return;
    const percent = Math.round(DISK_FULL_AT * 100);
    throw new OutOfDiskFault({
      neededBytes: size,
      reason: `the disk would be over ${percent} % full (${freeBytes} of ${totalBytes} bytes free).`,
    });
  }
}

/** The objects' bytes in pieces; each object's place is told when its last piece has been taken. */
function* fuse(objects: readonly Uint8Array[], crc32: Checksum, placed: (location: Omit<SpillLocation, "file">) => void): Generator<Uint8Array> {
  let offset = 0;
  for (const object of objects) {
    let crc = 0;
    for (let done = 0; done < object.byteLength; done += PIECE_BYTES) {
      const piece = object.subarray(done, done + PIECE_BYTES);
      crc = crc32(piece, crc);
      yield piece;
    }
    placed({ offset, bytes: object.byteLength, crc });
    offset += object.byteLength;
  }
}
