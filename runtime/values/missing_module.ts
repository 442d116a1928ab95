/**
 * A value needs a module that this thread has not imported: the one that registers its class. Thrown while
 * decoding; whoever can wait loads it and decodes again.
 */
export class MissingModule extends Error {
  override readonly name = "MissingModule";
  /** Resolves once decoding may be tried again; rejects when the module does not help. */
  readonly load: () => Promise<void>;

  constructor(what: string, load: () => Promise<void>) {
    super(`${what} is registered by a module that this thread has not imported`);
    this.load = load;
  }
}

/** Decodes, at once where it can be, else once the modules that are needed are there. */
export function withModules<T>(decode: () => T): T | Promise<Awaited<T>> {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof MissingModule)) throw error;
    return error.load().then(() => withModules(decode)) as Promise<Awaited<T>>;
  }
}
