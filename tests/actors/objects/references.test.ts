import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { References } from "../../../actors/objects/mod.ts";

function watched(): { references: References; dead: string[][] } {
  const dead: string[][] = [];
  return { references: new References({ onDead: (ids) => dead.push([...ids]) }), dead };
}

describe("references", () => {
  test("report the dead of a turn together", async () => {
    const { references, dead } = watched();
    for (const id of ["a", "b"]) references.hold(id, 1, 2);
    for (const id of ["a", "b"]) references.drop(id, 1, 2);
    await Promise.resolve();
    expect(dead).toEqual([["a", "b"]]);
    expect(references.size).toBe(0);
  });

  test("keep an object whose drop has overtaken its hold", () => {
    const { references, dead } = watched();
    references.hold("a", 1);
    references.drop("a", 2);
    references.hold("a", 2);
    references.flush();
    expect(dead).toEqual([]);
    references.drop("a", 1);
    references.flush();
    expect(dead).toEqual([["a"]]);
  });

  test("keep an object that is held again in the same turn", () => {
    const { references, dead } = watched();
    references.hold("a", 1);
    references.drop("a", 1);
    references.hold("a", 2);
    references.flush();
    expect(dead).toEqual([]);
    expect(references.holders("a")).toEqual([[2, 1]]);
  });

  test("keep children as long as what contains them, to any depth", () => {
    const { references, dead } = watched();
    const depth = 50_000;
    references.hold("o0", 1);
    for (let i = 1; i <= depth; i++) {
      references.hold(`o${i}`, 1);
      references.setChildren(`o${i - 1}`, [`o${i}`]);
      references.drop(`o${i}`, 1);
    }
    references.flush();
    expect(dead).toEqual([]);
    expect(references.containers(`o${depth}`)).toBe(1);
    references.drop("o0", 1);
    references.flush();
    expect(dead[0]?.length).toBe(depth + 1);
    expect(references.size).toBe(0);
  });

  test("replace the children of a value that is made again", () => {
    const { references, dead } = watched();
    for (const id of ["parent", "x", "y"]) references.hold(id, 1);
    references.setChildren("parent", ["x", "y"]);
    references.drop("x", 1);
    references.drop("y", 1);
    references.setChildren("parent", ["y"]);
    references.flush();
    expect(dead).toEqual([["x"]]);
  });

  test("let go of what a dead place held, and hear no more from it", () => {
    const { references, dead } = watched();
    references.hold("a", 1, 3);
    references.hold("b", 1);
    references.hold("b", 2);
    references.placeDied(1);
    references.hold("c", 1);
    references.drop("b", 1);
    references.flush();
    expect(dead).toEqual([["a"]]);
    expect(references.holders("b")).toEqual([[2, 1]]);
    expect(references.has("c")).toBe(false);
  });

  test("cost little for a hundred thousand objects with one holder each", () => {
    const { references, dead } = watched();
    for (let i = 0; i < 100_000; i++) references.hold(`o${i}`, i % 8);
    for (let i = 0; i < 100_000; i++) references.drop(`o${i}`, i % 8);
    references.flush();
    expect(dead[0]?.length).toBe(100_000);
  });
});

/**
 * Places that pass one object on, each with its own link to the manager. To send is to announce a hold for the
 * receiver first; a place that gets the object and has it already gives the new hold back.
 */
type Move = { do: "send"; from: number; to: number } | { do: "drop"; place: number } | { do: "deliver"; link: number };

const PLACES = 4;
const number = fc.integer({ min: 0, max: PLACES - 1 });
const moves = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("send" as const), from: number, to: number }),
    fc.record({ do: fc.constant("drop" as const), place: number }),
    fc.record({ do: fc.constant("deliver" as const), link: number }),
  ),
  { maxLength: 80, size: "max" },
);

function play(steps: readonly Move[]): void {
  let dead = false;
  const references = new References({ onDead: () => (dead = true), schedule: () => {} });
  const holds = Array.from({ length: PLACES }, () => false);
  const links: [place: number, n: number][][] = holds.map(() => []);
  const deliver = (link: number): void => {
    const message = links[link]!.shift();
    if (message === undefined) return;
    if (message[1] > 0) references.hold("x", message[0]);
    else references.drop("x", message[0]);
    references.flush();
    if (holds.includes(true)) expect(dead).toBe(false);
  };
  holds[0] = true;
  references.hold("x", 0);
  for (const step of steps) {
    if (step.do === "deliver") deliver(step.link);
    else if (step.do === "send") {
      if (!holds[step.from] || step.from === step.to) continue;
      links[step.from]!.push([step.to, 1]);
      if (holds[step.to]) links[step.to]!.push([step.to, -1]);
      holds[step.to] = true;
    } else if (holds[step.place]) {
      holds[step.place] = false;
      links[step.place]!.push([step.place, -1]);
    }
  }
  for (let link = 0; link < PLACES; link++) {
    if (holds[link]) links[link]!.push([link, -1]);
    holds[link] = false;
  }
  while (links.some((link) => link.length > 0)) for (let link = PLACES - 1; link >= 0; link--) deliver(link);
  expect(dead).toBe(true);
  expect(references.size).toBe(0);
}

describe("references under any order of links", () => {
  test("never free what a place holds, and free it in the end", () => {
    fc.assert(fc.property(moves, play), { numRuns: 2000 });
  });
});
