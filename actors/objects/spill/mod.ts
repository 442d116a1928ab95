/** Objects on disk: the port to where they are kept, its adapters, and the files that many objects share. */
export { FileDisk } from "./file_disk.ts";
export { MemoryDisk } from "./memory_disk.ts";
export type { DiskSpace, SpillDisk } from "./spill_disk.ts";
export {
  DISK_FULL_AT,
  MAX_OBJECTS_PER_FILE,
  PIECE_BYTES,
  SpillCorruptFault,
  SpillFiles,
  type SpillLocation,
} from "./spill_files.ts";
