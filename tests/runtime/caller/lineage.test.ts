import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Run, Source } from "../../../runtime/caller/derivation.ts";
import { Lineage } from "../../../runtime/caller/lineage.ts";
import { Entry } from "../../../runtime/caller/mod.ts";
import { objectId, placeId } from "../../../runtime/kernel/mod.ts";
import { ArgumentForm } from "../../../runtime/tasks/mod.ts";
import { PayloadKind } from "../../../runtime/values/mod.ts";

const HERE = placeId(2, 1);

function sourceOf(limit: number): Source {
  return {
    name: "f",
    option: "maxRetries",
    limit,
    submit: () => {
      throw new Error("nothing is to run again");
    },
  };
}

/** A task that took these, each held for it, and `bytes` of encoded arguments. */
function task(sequence: number, { inputs = [], bytes = 0 }: { inputs?: readonly Entry[]; bytes?: number } = {}): Run {
  for (const input of inputs) input.hold();
  return {
    sequence,
    arguments: { form: ArgumentForm.whole, data: new Uint8Array(bytes), needs: [], pins: inputs },
    entries: [],
    stream: undefined,
    retriesLeft: 3,
    attempt: 0,
    stopTimer: undefined,
    derivation: undefined,
    large: undefined,
    remade: undefined,
    lost: undefined,
  };
}

function large(sequence: number): Entry {
  const entry = new Entry(HERE, sequence);
  entry.payload = { kind: PayloadKind.sealed, data: undefined, size: 1_000_000, children: [] };
  return entry;
}

describe("lineage", () => {
  test("is kept as long as a result, or what was made of it, is held, and then lets go of all", () => {
    const step = fc.record({ inputs: fc.array(fc.nat(30), { maxLength: 3 }), release: fc.array(fc.nat(30), { maxLength: 3 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const lineage = new Lineage(HERE);
        const entries: Entry[] = [];
        const held = new Set<number>();
        for (const [index, { inputs, release }] of steps.entries()) {
          const entry = large(index);
          entries.push(entry);
          const taken = [...new Set(inputs)].flatMap((at) => (held.has(at) ? (entries[at] as Entry) : []));
          lineage.keep(task(index, { inputs: taken }), sourceOf(3), [entry.id]);
          held.add(index);
          // Values that a task of this place has made are not kept for those that took them.
          expect(entries.every(({ handles }) => handles === 0)).toBe(true);
          for (const at of release) if (held.delete(at)) lineage.released((entries[at] as Entry).id);
          for (const at of held) expect(lineage.find(objectId(HERE, at))).toBeDefined();
        }
        for (const at of held) lineage.released(objectId(HERE, at));
        expect([lineage.size, lineage.bytes]).toEqual([0, 0]);
      }),
    );
  });

  test("keeps what no task of this place can make again, until it is not needed", () => {
    const lineage = new Lineage(HERE);
    const borrowed = new Entry(-1, -1, objectId(placeId(3, 2), 7));
    const small = new Entry(HERE, 1);
    small.payload = { kind: PayloadKind.bare, data: 1, size: 0, children: [] };
    lineage.keep(task(2, { inputs: [borrowed, small] }), sourceOf(3), [objectId(HERE, 2)]);
    expect([borrowed.handles, small.handles]).toEqual([1, 1]);
    lineage.released(objectId(HERE, 2));
    expect([borrowed.handles, small.handles]).toEqual([0, 0]);
  });

  test("of a task that may not run again is a reason", () => {
    const lineage = new Lineage(HERE);
    lineage.keep(task(1, { bytes: 500 }), sourceOf(0), [objectId(HERE, 1)]);
    expect(lineage.find(objectId(HERE, 1))?.recipe).toContain("maxRetries: 0");
    expect(lineage.bytes).toBe(0);
  });

  test("has a limit: the older half goes, and says so", () => {
    const lineage = new Lineage(HERE, 1_000_000);
    for (let i = 0; i < 11; i++) lineage.keep(task(i, { bytes: 90_000 }), sourceOf(3), [objectId(HERE, i)]);
    expect(lineage.bytes).toBeLessThanOrEqual(500_000);
    expect(lineage.find(objectId(HERE, 0))?.recipe).toContain("1000000 bytes");
    expect(typeof lineage.find(objectId(HERE, 10))?.recipe).toBe("object");
  });

  test("counts what it notes of each task as well: a long chain of small calls has the same limit", () => {
    const lineage = new Lineage(HERE, 1_000_000);
    for (let i = 0; i < 10_000; i++) {
      const inputs = i === 0 ? [] : [large(i - 1)];
      lineage.keep(task(i, { inputs }), sourceOf(3), [objectId(HERE, i)]);
      if (i > 0) lineage.released(objectId(HERE, i - 1));
    }
    expect(lineage.size).toBeLessThan(1_000);
    expect(typeof lineage.find(objectId(HERE, 9_999))?.recipe).toBe("object");
  });
});
