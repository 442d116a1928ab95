/** The unit of accounting; every buffer is a whole number of pages. */
export const PAGE_BYTES = 4096;
/** The smallest buffer, in pages. Also bounds how many buffers there can be at once. */
export const MIN_PAGES = 16;
/** Sizes between a power of two and the next: more waste less memory, fewer are reused more often. */
export const CLASSES_PER_DOUBLING = 4;

export function bytesOf(pages: number): number {
  return pages * PAGE_BYTES;
}

/** Pages that hold `bytes`, before rounding up to a class. */
export function pagesOf(bytes: number): number {
  return Math.max(MIN_PAGES, Math.ceil(bytes / PAGE_BYTES));
}

/**
 * The size of the buffer, in pages, for a value of `bytes`: a value's buffer can serve any other value of its class.
 *
 * Steps of a quarter of the power of two below, so that less than a quarter of the value is added (beyond one page
 * or the smallest buffer). A value whose class would exceed `capacityPages` gets just the pages it needs.
 */
export function classPages(bytes: number, capacityPages: number): number {
  const pages = pagesOf(bytes);
  const step = 2 ** Math.floor(Math.log2(pages)) / CLASSES_PER_DOUBLING;
  const rounded = Math.ceil(pages / step) * step;
  return rounded <= capacityPages ? rounded : pages;
}
