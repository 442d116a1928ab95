import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, mock, spyOn, test } from "bun:test";

const log: string[] = [];

describe("hooks", () => {
  beforeAll(() => void log.push("outer all"));
  beforeEach(() => void log.push("outer each"));
  afterEach(() => void log.push("outer after each"));
  afterAll(() => void log.push("outer after all"));

  describe("nested", () => {
    beforeAll(async () => {
      await Promise.resolve();
      log.push("inner all");
    });
    beforeEach(() => void log.push("inner each"));
    afterEach(() => void log.push("inner after each"));
    afterAll(() => void log.push("inner after all"));

    test("run outer first, and beforeAll once", () => {
      expect(log).toEqual(["outer all", "inner all", "outer each", "inner each"]);
    });

    test("run afterEach inner first", () => {
      expect(log.slice(4)).toEqual(["inner after each", "outer after each", "outer each", "inner each"]);
    });
  });

  test("run afterAll of a suite after its last test", () => {
    expect(log.at(-2)).toBe("inner after all");
    expect(log.at(-1)).toBe("outer each");
  });
});

test("afterAll of a top-level suite runs too", () => {
  expect(log.at(-1)).toBe("outer after all");
});

describe("each", () => {
  const seen: unknown[] = [];
  test.each([
    [1, 2, 3],
    [2, 2, 4],
  ])("%i + %i", (a, b, sum) => {
    seen.push(sum);
    expect(a + b).toBe(sum);
  });
  test.each(["x", "y"])("takes the bare value %s", (value) => void seen.push(value));
  test("ran every row", () => expect(seen).toEqual([3, 4, "x", "y"]));
});

describe("skipping", () => {
  test.skip("a skipped test does not run", () => expect.unreachable?.());
  test.todo("a test to write");
  test.if(false)("a test whose condition is false does not run", () => {
    throw new Error("ran");
  });
});

test("expect awaits rejections and resolutions", async () => {
  await expect(Promise.reject(new TypeError("no"))).rejects.toThrow(TypeError);
  await expect(Promise.resolve(1)).resolves.toBe(1);
});

test("a limit is a number", async () => await Promise.resolve(), 1_000);
test("or an object", async () => await Promise.resolve(), { timeout: 1_000 });

test.failing("an error thrown after an await fails its test", async () => {
  await Promise.resolve();
  throw new Error("expected");
});

test("mocks record their calls, and spies go back", () => {
  const double = mock((x: number) => x * 2);
  expect(double(4)).toBe(8);
  expect(double).toHaveBeenCalledWith(4);
  const target = { name: () => "real" };
  spyOn(target, "name").mockImplementation(() => "spied");
  expect(target.name()).toBe("spied");
  mock.restore();
  expect(target.name()).toBe("real");
});

test("expectTypeOf costs nothing at run time", () => {
  expectTypeOf(1 as number).toEqualTypeOf<number>();
});
