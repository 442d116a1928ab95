import { runInCall } from "../context/mod.ts";
import type { Replies, ReplyTo } from "./replies.ts";
import type { RunningCall } from "./running_call.ts";

export interface GeneratorRun {
  /** Resolves when the generator has ended, however it did. */
  readonly ended: Promise<void>;
  /** The consumer has taken so many items. */
  consumed(count: number): void;
}

export interface GeneratorOptions {
  to: ReplyTo;
  call: RunningCall;
  replies: Replies;
  /** Items that may be ahead of the consumer; 0 or less for any number. */
  backpressure: number;
  /** Whether its owner is to run it again after this error, if retries are left. */
  isRetryable?(error: unknown): boolean;
  /** Whether nothing is to be told of this error, for what the generator belongs to has ended with it. */
  leaves?(error: unknown): boolean;
}

/** How long a generator that never waits may keep its thread from its messages, in milliseconds. */
const TURN_MS = 4;

/**
 * Runs a generator to its end and sends each item as it comes. With `backpressure` > 0 it pauses while that
 * many items have been sent and not taken; its CPU is free meanwhile. A throw becomes the last item;
 * cancellation ends it early.
 */
export function produceItems(made: unknown, options: GeneratorOptions): GeneratorRun {
  const { to, call, replies, backpressure } = options;
  const { clock } = replies;
  let taken = 0;
  let wake: (() => void) | undefined;
  const room = async (index: number): Promise<void> => {
    if (backpressure <= 0 || index - taken < backpressure || call.cancelled) return;
    call.block();
    while (index - taken >= backpressure && !call.cancelled) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    call.unblock();
  };
  const run = async (): Promise<void> => {
    let index = 0;
    let generator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
    let turnEnds = clock.now() + TURN_MS;
    try {
      generator = toIterator(await made);
      while (!call.cancelled) {
        const step = await runInCall(call, () => generator?.next() as IteratorResult<unknown>);
        if (step.done === true) {
          generator = undefined;
          break;
        }
        replies.item(to, index, await step.value);
        index++;
        await room(index);
        // A generator that never waits runs on microtasks alone: let a cancel come in.
        if (clock.now() < turnEnds) continue;
        await new Promise<void>((resolve) => clock.soon(resolve));
        turnEnds = clock.now() + TURN_MS;
      }
      await runInCall(call, () => generator?.return?.(undefined));
    } catch (error) {
      await closeQuietly(generator);
      if (options.leaves?.(error) === true || call.cancelled) return;
      if (options.isRetryable?.(error) === true) {
        replies.failure(to, error, true);
        return;
      }
      replies.itemFailure(to, index++, error);
    }
    if (!call.cancelled) replies.itemsEnd(to, index);
  };
  call.signal.addEventListener("abort", () => wake?.());
  return {
    ended: run(),
    consumed(count) {
      taken = Math.max(taken, count);
      wake?.();
    },
  };
}

/** The items of a generator as an array, for a call that returns a stated number of them. */
export async function collectItems(made: unknown): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of made as AsyncIterable<unknown> | Iterable<unknown>) items.push(item);
  return items;
}

/** What a generator function returns; an array that one returns is a value. */
export function isGeneratorObject(value: unknown): boolean {
  const tag = (value as { [Symbol.toStringTag]?: unknown } | null | undefined)?.[Symbol.toStringTag];
  return tag === "Generator" || tag === "AsyncGenerator";
}

/** After a failure that is told already; of a generator that threw by itself this does nothing. */
async function closeQuietly(generator: Iterator<unknown> | AsyncIterator<unknown> | undefined): Promise<void> {
  try {
    await generator?.return?.(undefined);
  } catch {
    // The first failure is the one that counts.
  }
}

function toIterator(made: unknown): Iterator<unknown> | AsyncIterator<unknown> {
  if (typeof (made as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator] === "function")
    return (made as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (typeof (made as Iterable<unknown> | undefined)?.[Symbol.iterator] === "function") return (made as Iterable<unknown>)[Symbol.iterator]();
  throw new TypeError('numReturns "streaming" is for generators: the function must return an iterable');
}
