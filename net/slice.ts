import type { Frame } from "./link.ts";

/**
 * A part of a buffer that travels beside a frame to another process, from where it lies to where it is to be: it never
 * goes to another thread of this one. The sender keeps the bytes as they are until `release`, which whoever copies them
 * out, or drops the frame, calls once.
 */
export class Slice {
  readonly bytes: Uint8Array;
  #done: (() => void) | undefined;

  constructor(bytes: Uint8Array, done?: () => void) {
    this.bytes = bytes;
    this.#done = done;
  }

  release(): void {
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }
}

/** Whether the frame carries parts of large values: it may overtake others, and be overtaken. */
export function isBulk({ attachments }: Frame): boolean {
  return attachments.length > 0 && attachments[0] instanceof Slice;
}

/** The frame has left, or never will. */
export function releaseFrame({ attachments }: Frame): void {
  for (const attachment of attachments) if (attachment instanceof Slice) attachment.release();
}
