/** The cases of one JUnit report. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/**
 * Counts the cases of a JUnit report as Bun and Deno write them. Both escape `<` in all that they quote, so the tags
 * can be told apart without reading the rest of the XML.
 */
export function countCases(xml: string): Counts {
  let counts = noCounts;
  for (const [, attributes, body = ""] of xml.matchAll(/<testcase\b((?:"[^"]*"|[^">])*?)(?:\/>|>(.*?)<\/testcase>)/gs)) {
    if (attributes === undefined) continue;
    const failed = /<(?:failure|error)\b/.test(body);
    const skipped = !failed && /<skipped\b/.test(body);
    counts = addCounts(counts, { passed: failed || skipped ? 0 : 1, failed: failed ? 1 : 0, skipped: skipped ? 1 : 0 });
  }
  return counts;
}
