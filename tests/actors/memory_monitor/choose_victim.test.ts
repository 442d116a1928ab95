import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { chooseVictim, type Victim } from "../../../actors/memory_monitor/mod.ts";

let place = 0;
const victim = (fields: Partial<Victim>): Victim => ({ place: place++, kind: "task", name: "f", owner: 1, retriable: true, sinceMs: 0, ...fields });

describe("of the workers of a node whose memory is nearly full", () => {
  test("the one with the newest task is ended", () => {
    const newest = victim({ sinceMs: 30 });
    expect(chooseVictim([victim({ sinceMs: 10 }), newest, victim({ sinceMs: 20 })])).toBe(newest);
  });

  test("it is one of the owner with the most tasks, so that every owner keeps one as long as another has several", () => {
    const chosen = victim({ owner: 1, sinceMs: 2 });
    expect(chooseVictim([victim({ owner: 2, sinceMs: 9 }), victim({ owner: 1, sinceMs: 1 }), chosen])).toBe(chosen);
    const newer = victim({ owner: 2, sinceMs: 9 });
    expect(chooseVictim([victim({ owner: 1, sinceMs: 3 }), newer])).toBe(newer);
  });

  test("actors that may be restarted come after tasks that may be tried again, and before what is lost for good", () => {
    const task = victim({ sinceMs: 1 });
    const actor = victim({ kind: "actor", sinceMs: 2 });
    const once = victim({ retriable: false, sinceMs: 3 });
    const mortal = victim({ kind: "actor", retriable: false, sinceMs: 4 });
    expect(chooseVictim([mortal, once, actor, task])).toBe(task);
    expect(chooseVictim([mortal, once, actor])).toBe(actor);
    expect(chooseVictim([mortal, once])).toBe(once);
    expect(chooseVictim([mortal])).toBe(mortal);
    expect(chooseVictim([])).toBeUndefined();
  });

  test("nothing is lost for good while something else can be ended, whatever runs and in whatever order it is told", () => {
    const any = fc.record({
      place: fc.nat(50),
      kind: fc.constantFrom("task" as const, "actor" as const),
      name: fc.constant("f"),
      owner: fc.nat(3),
      retriable: fc.boolean(),
      sinceMs: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.uniqueArray(any, { selector: (each) => each.place, minLength: 1 }), (victims) => {
        const chosen = chooseVictim(victims) as Victim;
        expect(chosen.retriable).toBe(victims.some(({ retriable }) => retriable));
        const alike = victims.filter(
          ({ kind, owner, retriable }) => kind === chosen.kind && owner === chosen.owner && retriable === chosen.retriable,
        );
        expect(chosen.sinceMs).toBe(Math.max(...alike.map(({ sinceMs }) => sinceMs)));
        expect(chooseVictim([...victims].reverse())?.place).toBe(chosen.place);
      }),
    );
  });
});
