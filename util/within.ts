/** Whether the promise settles within `timeoutMs` milliseconds; without a limit, once it has settled. */
export async function within(promise: Promise<unknown>, timeoutMs?: number): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  if (timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY) return await settled;
  const limit = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => limit.resolve(false), timeoutMs);
  try {
    return await Promise.race([settled, limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}
