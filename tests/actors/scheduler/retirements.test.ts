import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { GrantedLease } from "../../../actors/scheduler/granted_lease.ts";
import { surplus } from "../../../actors/scheduler/retirements.ts";
import { WorkerSlot } from "../../../actors/scheduler/worker_slot.ts";

const slots = fc.array(fc.record({ freeSinceMs: fc.integer({ min: 0, max: 20 }), busy: fc.boolean(), retiring: fc.boolean() }), { maxLength: 12 });

describe("the workers that are not needed", () => {
  test("are the longest idle, never more than there are beyond those that are kept", () => {
    fc.assert(
      fc.property(slots, fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 20 }), (each, kept, before) => {
        const all = each.map(({ freeSinceMs, busy, retiring }, place) => {
          const slot = new WorkerSlot(place, { kind: "thread", environment: "", nowMs: freeSinceMs });
          if (busy) slot.leases.add({} as GrantedLease);
          slot.retiring = retiring;
          return slot;
        });
        const found = surplus(all, { kept, before });
        const staying = all.filter((slot) => !slot.retiring);
        const idle = staying.filter((slot) => slot.free && slot.freeSinceMs <= before);
        expect(found.length).toBe(Math.min(idle.length, Math.max(0, staying.length - kept)));
        expect(found.every((slot) => idle.includes(slot))).toBe(true);
        const latest = Math.max(...found.map((slot) => slot.freeSinceMs));
        for (const slot of idle) if (!found.includes(slot)) expect(slot.freeSinceMs).toBeGreaterThanOrEqual(latest);
      }),
    );
  });
});
