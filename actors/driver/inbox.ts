import type { Frame } from "../../net/mod.ts";
import type { Clock } from "../../runtime/kernel/mod.ts";

/**
 * Frames that have come to the driver's thread, taken in with the next turn of its event loop.
 *
 * Taking a frame in wakes the driver's own code, which may run the event loop from where it is: a test runner's
 * `expect(promise).rejects` does. Were that inside a port's delivery, the port would deliver nothing until the
 * code is done, which waits for just that.
 */
export class Inbox {
  readonly #clock: Clock;
  readonly #receive: (frame: Frame) => void;
  #frames: Frame[] = [];

  constructor(clock: Clock, receive: (frame: Frame) => void) {
    this.#clock = clock;
    this.#receive = receive;
  }

  /** Frames are taken in in the order in which they come, whatever link they came by. */
  readonly onFrame = (frame: Frame): void => {
    if (this.#frames.push(frame) === 1) this.#clock.soon(this.#takeIn);
  };

  readonly #takeIn = (): void => {
    const frames = this.#frames;
    this.#frames = [];
    for (const frame of frames) this.#receive(frame);
  };
}
