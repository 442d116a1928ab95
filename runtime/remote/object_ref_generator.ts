import { type Entry, type ItemStream, ObjectRef } from "../caller/mod.ts";
import { awaiting, neverInShadow } from "../session/mod.ts";

/**
 * The refs of a generator's items, in order, as they come. The generator runs whether or not anyone reads;
 * `generatorBackpressure` bounds how far ahead. What it throws is the last ref's error.
 */
export class ObjectRefGenerator<T = unknown> {
  readonly #stream: ItemStream;
  readonly #completion: Entry;

  constructor(stream: ItemStream, completion: Entry) {
    this.#stream = stream;
    this.#completion = completion;
    completion.observed = true;
    unread.register(this, stream, this);
  }

  static streamOf(generator: ObjectRefGenerator): ItemStream {
    return generator.#stream;
  }

  static completionOf(generator: ObjectRefGenerator): Entry {
    return generator.#completion;
  }

  static is(value: unknown): value is ObjectRefGenerator {
    return typeof value === "object" && value !== null && #stream in value;
  }

  get id(): string {
    return this.#completion.id;
  }

  async next(): Promise<IteratorResult<ObjectRef<T>, undefined>> {
    const shadow = neverInShadow();
    if (shadow !== undefined) return await shadow;
    for (;;) {
      const entry = this.#stream.take();
      if (entry !== undefined) return { done: false, value: new ObjectRef<T>(entry) };
      if (this.#stream.finished) return { done: true, value: undefined };
      await awaiting(new Promise<void>((resolve) => void this.#stream.onChange(resolve)));
    }
  }

  /** A ref that is ready when the generator has ended; it fails as the generator did. */
  completed(): ObjectRef<undefined> {
    return new ObjectRef<undefined>(this.#completion);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ObjectRef<T>, undefined> {
    for (;;) {
      const step = await this.next();
      if (step.done === true) return undefined;
      yield step.value;
    }
  }

  toString(): string {
    return `ObjectRefGenerator(${this.id})`;
  }

  /** Drops the items that nobody has taken. The generator itself runs to its end. */
  [Symbol.dispose](): void {
    unread.unregister(this);
    this.#stream.abandon();
  }
}

/** Nobody can read the items of a generator that was collected: they are dropped, and it never waits for a reader. */
const unread: FinalizationRegistry<ItemStream> = new FinalizationRegistry((stream) => stream.abandon());
