/**
 * Shared memory for large values, as every thread sees it: an allocator that works synchronously against one
 * shared account of the node's capacity, buffers that come back for reuse, and news of views that are gone.
 * The manager's side of it is `actors/objects/`.
 */
export { Accounting } from "./accounting.ts";
export { Allocator, type AllocatorOptions, PUT_DEADLINE_MS, type SpaceRequest } from "./allocator.ts";
export { type Block, rewrap, type SlotUse } from "./block.ts";
export { OutOfDiskFault, StoreFullFault } from "./faults.ts";
export { COLLECT_EVERY_BYTES, Mapping, type MappingOptions } from "./mapping.ts";
export { Recycler, type RecyclerOptions } from "./recycler.ts";
export { bytesOf, CLASSES_PER_DOUBLING, classPages, MIN_PAGES, PAGE_BYTES, pagesOf } from "./size_class.ts";
export { SlotState, SlotTable } from "./slot_table.ts";
export { StaleMemory, type StaleMemoryOptions } from "./stale_memory.ts";
export { Ticket, TicketState } from "./ticket.ts";
