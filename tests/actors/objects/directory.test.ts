import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Directory } from "../../../actors/objects/mod.ts";

const HOME = 100;

function directory(): Directory {
  return new Directory({ home: HOME, maxSources: 3, copiesPerSource: 2 });
}

describe("the directory", () => {
  test("forms a tree of those who copy at once: two from each, those nearest to the whole first", () => {
    const known = directory();
    const from = [1, 2, 3, 4, 5, 6, 7].map((node) => known.assign("o", node, { size: 1, isHere: true, without: [] }));
    expect(from).toEqual([[HOME], [HOME], [1], [2], [1], [2], [3]]);
  });

  test("takes parts from several that have it all", () => {
    const known = directory();
    for (const node of [1, 2, 3]) known.located("o", node, 1);
    expect(known.assign("o", 9, { size: 1, isHere: false, without: [] }).sort()).toEqual([1, 2, 3]);
    expect(known.assign("o", 9, { size: 1, isHere: false, without: [1, 2] })).toEqual([3]);
    expect(known.assign("o", 9, { size: 1, isHere: false, without: [1, 2, 3] })).toEqual([]);
  });

  test("has a copy kept by somebody as long as there is one", () => {
    const known = directory();
    known.located("o", 1, 1);
    known.assign("o", 2, { size: 1, isHere: false, without: [] });
    known.ended("o", 2, true);
    expect(known.gone("o", 1, false)).toEqual({ keeper: 2 });
    expect(known.gone("o", 2, false)).toBe("gone");
    expect(known.size).toBe(0);
  });

  test("never has two copy from each other, and forgets all in the end", () => {
    const node = fc.integer({ min: 1, max: 6 });
    const step = fc.oneof(
      fc.record({ do: fc.constant("assign" as const), node, without: fc.array(node, { maxLength: 3 }) }),
      fc.record({ do: fc.constant("ended" as const), node, complete: fc.boolean() }),
      fc.record({ do: fc.constant("gone" as const), node }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const known = directory();
        const pulls = new Map<number, number[]>();
        for (const move of steps) {
          if (move.do === "assign") {
            const sources = known.assign("o", move.node, { size: 1, isHere: true, without: move.without });
            expect(sources.some((source) => source === move.node || move.without.includes(source))).toBe(false);
            if (sources.length > 0) pulls.set(move.node, sources);
            else pulls.delete(move.node);
          } else {
            pulls.delete(move.node);
            if (move.do === "ended") known.ended("o", move.node, move.complete);
            else known.gone("o", move.node, true);
          }
          // Every chain of those who copy ends at one who does not.
          const walk = (at: number, above: readonly number[]): void => {
            expect(above.includes(at)).toBe(false);
            for (const source of pulls.get(at) ?? []) walk(source, [...above, at]);
          };
          for (const puller of pulls.keys()) walk(puller, []);
        }
        for (let each = 1; each <= 6; each++) known.gone("o", each, true);
        expect(known.size).toBe(0);
      }),
    );
  });
});
