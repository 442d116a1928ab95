import { describe, expect, test } from "bun:test";
import {
  Accounting,
  Allocator,
  type AllocatorOptions,
  type Block,
  OutOfDiskFault,
  SlotState,
  SlotTable,
  StoreFullFault,
  Ticket,
  TicketState,
} from "../../../runtime/memory/mod.ts";

const MIB = 1024 * 1024;

function setUp(options: Partial<AllocatorOptions> = {}, capacity: number = 4 * MIB) {
  const accounting = Accounting.create(capacity);
  const slots = new SlotTable(accounting);
  const requests: Ticket[] = [];
  const allocator = new Allocator(accounting.shared, {
    place: 1,
    requestSpace: ({ ticket }) => requests.push(new Ticket(ticket)),
    ...options,
  });
  /** What the manager knows of a buffer. */
  const blockOf = (buffer: SharedArrayBuffer): Block => {
    const slot = allocator.slotOf(buffer);
    return { buffer, slot, stamp: slots.stampOf(slot), pages: slots.pagesOf(slot) };
  };
  return { accounting, slots, requests, allocator, blockOf };
}

describe("an allocator", () => {
  test("pays for each buffer and makes it no smaller than asked for", () => {
    const { accounting, allocator } = setUp();
    const buffer = allocator.allocate(MIB + 1);
    expect(buffer.byteLength).toBeGreaterThan(MIB);
    expect(accounting.usedPages * 4096).toBe(buffer.byteLength);
    allocator.discard(buffer);
    expect(accounting.usedPages).toBe(0);
  });

  test("uses a buffer again as soon as it is free, and not before", () => {
    const { allocator, slots, blockOf } = setUp();
    const first = allocator.allocate(MIB);
    const second = allocator.allocate(MIB);
    expect(second).not.toBe(first);
    slots.free(blockOf(first));
    expect(allocator.allocate(MIB)).toBe(first);
    expect(allocator.allocate(MIB)).not.toBe(second);
  });

  test("lets go of what the manager has taken back", () => {
    const { allocator, slots, blockOf } = setUp();
    const block = blockOf(allocator.allocate(MIB));
    slots.free(block);
    slots.retire(block, SlotState.free);
    expect(allocator.sweep()).toBe(MIB);
    expect(allocator.allocate(MIB)).not.toBe(block.buffer);
  });

  test("keeps only so much in view, and leaves the rest to the manager", () => {
    const { allocator, slots, blockOf } = setUp({ maxTrackedBytes: 2 * MIB });
    const blocks = [1, 2, 3].map(() => blockOf(allocator.allocate(MIB)));
    expect(blocks.map((block) => slots.stateOfBlock(block))).toEqual([SlotState.untracked, SlotState.held, SlotState.held]);
    allocator.close();
    expect(blocks.every((block) => slots.stateOfBlock(block) === SlotState.untracked)).toBe(true);
  });

  test("does not overtake those who wait", async () => {
    const { accounting, allocator, requests } = setUp();
    accounting.waiters = 1;
    const waiting = allocator.allocateAsync(MIB);
    expect(requests.length).toBe(1);
    accounting.reserve(256);
    requests[0]!.grant();
    expect((await waiting).byteLength).toBe(MIB);
    expect(requests[0]!.state).toBe(TicketState.redeemed);
  });

  test("gets its own buffer back that the manager has taken for it, whatever it does before it sees the answer", async () => {
    for (const maxTrackedBytes of [4 * MIB, MIB]) {
      const { allocator, slots, requests, blockOf } = setUp({ maxTrackedBytes });
      const block = blockOf(allocator.allocate(MIB));
      const other = allocator.allocate(3 * MIB);
      const waiting = allocator.allocateAsync(MIB);
      if (slots.stateOfBlock(block) === SlotState.held) {
        slots.free(block);
        slots.grant(block);
      }
      requests[0]!.grant(block.slot);
      void allocator.allocateAsync(MIB).catch(() => {});
      allocator.sweep();
      const buffer = await waiting;
      expect(allocator.slotOf(buffer)).toBe(block.slot);
      expect(buffer === block.buffer).toBe(maxTrackedBytes > MIB);
      allocator.discard(buffer);
      allocator.discard(other);
      expect(allocator.accounting.usedPages).toBe(0);
    }
  });

  test("passes on why there is no room", async () => {
    const { allocator, requests } = setUp();
    allocator.allocate(4 * MIB);
    const full = allocator.allocateAsync(MIB);
    requests[0]!.refuse(TicketState.full, "place 3 has views — all of it");
    const disk = allocator.allocateAsync(MIB);
    requests[1]!.refuse(TicketState.outOfDisk, "the disk is full");
    const fault = await full.catch((error) => error);
    expect(fault).toBeInstanceOf(StoreFullFault);
    expect(fault).toMatchObject({
      neededBytes: MIB,
      capacityBytes: 4 * MIB,
      usedBytes: 4 * MIB,
      reason: "place 3 has views — all of it",
    });
    expect(await disk.catch((error) => error)).toBeInstanceOf(OutOfDiskFault);
  });

  test("gives up at its deadline, blocked or not, and takes its request back", async () => {
    const { allocator, requests } = setUp({ deadlineMs: 10 });
    allocator.allocate(4 * MIB);
    expect(() => allocator.allocate(MIB)).toThrow("within 0.01 s");
    await expect(allocator.allocateAsync(MIB)).rejects.toThrow("within 0.01 s");
    expect(requests.map((ticket) => ticket.grant())).toEqual([false, false]);
  });

  test("refuses at once what can never fit, and to block where it must not", () => {
    const { allocator, requests } = setUp({ mayBlock: false });
    expect(() => allocator.allocate(5 * MIB)).toThrow("larger than the whole store");
    allocator.allocate(4 * MIB);
    expect(() => allocator.allocate(MIB)).toThrow(StoreFullFault);
    expect(requests).toEqual([]);
  });
});
