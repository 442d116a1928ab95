export interface DiskSpace {
  freeBytes: number;
  totalBytes: number;
}

/**
 * Where spilled objects go: a disk, another store.
 *
 * - `write` MUST store the pieces in order as one file under a name that is not in use; MUST take the next piece only
 *   when it is done with the last; MUST reject with OutOfDiskFault when there is no room, and leave nothing behind
 *   whenever it rejects. MUST NOT change or keep a piece. Pieces are views on shared memory.
 * - `read` MUST fill `into` from `offset`, or as far as the file goes, and resolve to the bytes read.
 * - `delete` MUST NOT reject for a name that is not there.
 * - `close` MUST remove all that is left.
 */
export interface SpillDisk {
  write(name: string, pieces: Iterable<Uint8Array>): Promise<void>;
  read(name: string, at: { offset: number; into: Uint8Array }): Promise<number>;
  delete(name: string): Promise<void>;
  space(): Promise<DiskSpace>;
  close(): Promise<void>;
}
