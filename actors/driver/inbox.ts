import type { Frame } from "../../net/mod.ts";
import type { Clock } from "../../runtime/kernel/mod.ts";
import { platform } from "../../runtime/platform/mod.ts";

/**
 * Frames that have come to the driver's thread: taken in at once, or, where code may run the event loop from where it
 * is, with the next turn of that loop.
 *
 * Taking a frame in wakes the driver's own code. Were that to run the event loop inside a port's delivery, the port
 * would deliver nothing until the code is done, which waits for just that. A turn of its own for each frame costs a
 * third of the rate of calls made one by one, so only those pay who need it.
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
    if (!platform.nestsEventLoop) this.#receive(frame);
    else if (this.#frames.push(frame) === 1) this.#clock.soon(this.#takeIn);
  };

  readonly #takeIn = (): void => {
    const frames = this.#frames;
    this.#frames = [];
    for (const frame of frames) this.#receive(frame);
  };
}
