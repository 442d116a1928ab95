/** A setup hook: marks the realm that it ran in, and counts its runs there. */
export default async function setUp(): Promise<void> {
  await Promise.resolve();
  const marked = globalThis as { setUps?: number };
  marked.setUps = (marked.setUps ?? 0) + 1;
}
