import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bytesOf, CLASSES_PER_DOUBLING, classPages, MIN_PAGES, PAGE_BYTES, pagesOf } from "../../../runtime/memory/mod.ts";

const HUGE = 2 ** 30;

describe("size classes", () => {
  test("hold the value and waste less than a quarter of it, beyond a page", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (bytes) => {
        const size = bytesOf(classPages(bytes, HUGE));
        expect(size).toBeGreaterThanOrEqual(bytes);
        if (bytes > bytesOf(MIN_PAGES)) expect(size - bytes).toBeLessThanOrEqual(bytes / CLASSES_PER_DOUBLING + PAGE_BYTES);
      }),
    );
  });

  test("are few, and each is its own class", () => {
    const classes = new Set<number>();
    for (let bytes = 1024 * 1024; bytes < 4 * 1024 * 1024; bytes += 1000) classes.add(classPages(bytes, HUGE));
    expect(classes.size).toBe(2 * CLASSES_PER_DOUBLING + 1);
    for (const pages of classes) expect(classPages(bytesOf(pages), HUGE)).toBe(pages);
  });

  test("give way where the store holds the value and not its class", () => {
    const capacity = pagesOf(900 * 1024);
    expect(classPages(900 * 1024, capacity)).toBe(capacity);
  });
});
