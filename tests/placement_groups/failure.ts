/** What a promise rejects with; resolves to an error of its own when it does not. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return new Error("nothing was thrown");
}
