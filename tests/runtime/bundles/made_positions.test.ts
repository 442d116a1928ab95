import { expect, test } from "bun:test";
import { MadePositions } from "../../../runtime/bundles/mod.ts";

// const f = remote(1);   →  (a banner)
// ray                        var f = remote2(1);
//   .remote(2);              ray.remote(2);
const map = {
  sources: ["/a.ts"],
  sourcesContent: ["const f = remote(1);\nray\n  .remote(2);\n"],
  // Line 2: [0,0,0,0] [4,0,0,6] [8,0,0,10]; line 3: [0,0,2,3].
  mappings: ";AAAA,IAAM,IAAI;AAET",
};
const text = "// banner\nvar f = remote2(1);\nray.remote(2);\n";

test("a call is found by where its name is, also behind it", () => {
  const positions = new MadePositions(map, text);
  expect(positions.callAt("/a.ts", { line: 1, column: 11 })).toEqual({ line: 2, column: 9 });
  expect(positions.callAt("/a.ts", { line: 1, column: 17 })).toEqual({ line: 2, column: 9 });
});

test("a method call is found at the method's name", () => {
  expect(new MadePositions(map, text).callAt("/a.ts", { line: 3, column: 4 })).toEqual({ line: 3, column: 5 });
});

test("what the map does not know is not found", () => {
  const positions = new MadePositions(map, text);
  expect(positions.callAt("/a.ts", { line: 9, column: 1 })).toBeUndefined();
  expect(positions.callAt("/b.ts", { line: 1, column: 11 })).toBeUndefined();
});
