import { describe, expect, test } from "bun:test";
import { checkExample, examples, expectations } from "./expectations.ts";

test("every example is checked, and every check has its example", () => {
  expect(examples.toSorted()).toEqual(Object.keys(expectations).toSorted());
});

describe("examples", () => {
  for (const file of examples) test(`${file} prints its results and ends by itself`, () => checkExample(file), 130_000);
});
