import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";

/** How many batches a store file has acknowledged, and since which start of the machine. */
export interface Promised {
  readonly batches: number;
  /** False when the machine was started anew since: then a power cut may have taken batches that nobody lost by hand. */
  readonly sameBoot: boolean;
}

const FORM = /^(\d{16}) (\S{1,64}) ([0-9a-f]{8})\n/;

/**
 * A file of one line beside a store, written over after each batch: how many the store must have. SQLite opens a
 * file whose log was cut or removed as if the batches in it had never been; the mark tells that they were. It is
 * not synced: what a killed process wrote is there, and of a power cut it need not know.
 */
export class StoreMark {
  readonly path: string;
  readonly #boot: string;
  #file: number | undefined;

  /** `boot` is for tests: which start of the machine this is. */
  constructor(storePath: string, boot: string = BOOT) {
    this.path = `${storePath}-mark`;
    this.#boot = boot;
  }

  /** Undefined when there is none; "unreadable" when it is not one that this class has written as a whole. */
  read(): Promised | "unreadable" | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, "latin1");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    const [, batches, boot, sum] = FORM.exec(text) ?? [];
    if (boot === undefined || sum !== checksum(`${batches} ${boot}`)) return "unreadable";
    return { batches: Number(batches), sameBoot: boot === this.#boot };
  }

  write(batches: number): void {
    // Not "a", which writes at the end wherever it is told to; not "w", which would leave nothing for a moment.
    this.#file ??= openSync(this.path, constants.O_WRONLY | constants.O_CREAT, 0o600);
    const said = `${String(batches).padStart(16, "0")} ${this.#boot}`;
    const line = Buffer.from(`${said} ${checksum(said)}\n`);
    // All five: Bun takes no position without a length.
    writeSync(this.#file, line, 0, line.length, 0);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}

/** One id from the machine's start to its end; where the system tells none, as if it had never been started anew. */
const BOOT = bootId();

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim() || "unknown";
  } catch {
    return "unknown";
  }
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}
