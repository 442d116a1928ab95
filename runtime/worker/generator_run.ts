import { runInCall } from "../context/mod.ts";
import type { Replies, ReplyTo } from "./replies.ts";
import type { RunningCall } from "./running_call.ts";

export interface GeneratorRun {
  /** Resolves when the generator has ended, however it did. */
  readonly ended: Promise<void>;
  /** The consumer has taken so many items. */
  consumed(count: number): void;
}

/**
 * Runs a generator to its end and sends each item as it comes. With `backpressure` > 0 it pauses while that
 * many items have been sent and not taken. A throw becomes the last item; cancellation ends it early.
 */
export function produceItems(
  made: unknown,
  options: { to: ReplyTo; call: RunningCall; replies: Replies; backpressure: number },
): GeneratorRun {
  const { to, call, replies, backpressure } = options;
  let taken = 0;
  let wake: (() => void) | undefined;
  const run = async (): Promise<void> => {
    let index = 0;
    try {
      const generator = toIterator(await made);
      for (;;) {
        const step = await runInCall(call, () => generator.next());
        if (step.done === true) break;
        replies.item(to, index++, await step.value);
        while (backpressure > 0 && index - taken >= backpressure && !call.cancelled) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        if (call.cancelled) {
          await generator.return?.(undefined);
          break;
        }
      }
    } catch (error) {
      replies.itemFailure(to, index++, error);
    }
    replies.itemsEnd(to, index);
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

function toIterator(made: unknown): Iterator<unknown> | AsyncIterator<unknown> {
  if (typeof (made as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator] === "function") return (made as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (typeof (made as Iterable<unknown> | undefined)?.[Symbol.iterator] === "function") return (made as Iterable<unknown>)[Symbol.iterator]();
  throw new TypeError('numReturns "streaming" is for generators: the function must return an iterable');
}
