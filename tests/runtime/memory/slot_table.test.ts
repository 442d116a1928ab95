import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Accounting, type Block, SlotState, SlotTable } from "../../../runtime/memory/mod.ts";

const PAGES = 16;

function table(blocks = 4): SlotTable {
  return new SlotTable(Accounting.create(blocks * PAGES * 4096));
}

function claim(slots: SlotTable, issuer: number): Block {
  if (!slots.accounting.reserve(PAGES)) throw new Error("No room.");
  return { buffer: new SharedArrayBuffer(0), pages: PAGES, ...slots.claim(issuer, PAGES) };
}

describe("the account", () => {
  test("takes a sensible capacity only, and refuses a block that is not one", () => {
    for (const bytes of [0, -1, Number.NaN, 1000, 2 ** 44]) expect(() => Accounting.create(bytes)).toThrow(RangeError);
    expect(() => new Accounting(new SharedArrayBuffer(64))).toThrow(TypeError);
  });

  test("never goes over its capacity", () => {
    const accounting = Accounting.create(10 * PAGES * 4096);
    let granted = 0;
    for (let i = 0; i < 30; i++) if (accounting.reserve(PAGES)) granted++;
    expect([granted, accounting.usedPages, accounting.freePages]).toEqual([10, 160, 0]);
  });
});

describe("slots", () => {
  test("are moved by one of two, and never by a stale record", () => {
    const slots = table();
    const mine = claim(slots, 5);
    const managers: Block = { ...mine };
    expect(slots.free(managers)).toBe(true);
    const stale: Block = { ...mine };
    expect([slots.take(mine), slots.take(stale), slots.retire(stale, SlotState.free)]).toEqual([true, false, false]);
    expect(slots.stateOf(mine.slot)).toBe(SlotState.held);
    expect(slots.stateOfBlock(stale)).toBeUndefined();
  });

  test("name their issuer until they are empty", () => {
    const slots = table();
    const block = claim(slots, 5);
    expect(slots.issuerOf(block.slot)).toBe(5);
    expect([...slots.issuedBy(5)]).toEqual([block.slot]);
    slots.adopt(block, 0);
    expect(slots.issuerOf(block.slot)).toBe(0);
    expect(slots.retire(block, SlotState.held)).toBe(true);
    expect(slots.issuerOf(block.slot)).toBeUndefined();
    expect(slots.accounting.usedPages).toBe(0);
  });

  test("keep the account exact under any moves", () => {
    const kinds = fc.constantFrom("claim", "free", "take", "disown", "adopt", "retire");
    const moves = fc.array(fc.tuple(kinds, fc.nat(7)), { maxLength: 60, size: "max" });
    fc.assert(
      fc.property(moves, (steps) => {
        const slots = table(8);
        const { accounting } = slots;
        const blocks: Block[] = [];
        for (const [what, n] of steps) {
          const block = blocks[n % Math.max(1, blocks.length)];
          if (what === "claim") {
            if (accounting.freePages >= PAGES) blocks.push(claim(slots, n));
          } else if (block === undefined) continue;
          else if (what === "free") slots.free(block);
          else if (what === "take") slots.take(block);
          else if (what === "disown") slots.disown(block);
          else if (what === "adopt") slots.adopt(block, n);
          else slots.retire(block, slots.stateOfBlock(block) || SlotState.held);
          const states = blocks.map((each) => slots.stateOfBlock(each));
          const live = states.filter((state) => state !== undefined && state !== SlotState.empty).length;
          expect(accounting.usedPages).toBe(live * PAGES);
          expect(accounting.cachedPages).toBe(states.filter((state) => state === SlotState.free).length * PAGES);
        }
      }),
    );
  });
});
