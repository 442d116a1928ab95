import { type Attachment, type Frame, type Link, releaseFrame, Slice } from "../../../net/mod.ts";
import type { Clock, Kernel, PlaceId } from "../../../runtime/kernel/mod.ts";

/** Numbers that look random and are the same for the same seed: 0 or more, below `bound`. */
export function randomFrom(seed: number): (bound: number) => number {
  let state = seed | 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % bound;
  };
}

/** Which of the links that have something to deliver is next. */
export type Choice = (ready: readonly SlowLink[]) => SlowLink | undefined;

export const firstFirst: Choice = (ready) => ready[0];

/** Any of them, but some are slow for a while: what is sent on two other links, one after the other, overtakes them. */
export function unevenly(random: (bound: number) => number): Choice {
  let slow = 0;
  return (ready) => {
    if (random(40) === 0) slow = random(1 << 30);
    const fast = ready.filter(({ from, to }) => ((Math.imul(from ^ Math.imul(to, 31), 0x9e3779b1) ^ slow) & 7) < 4 || random(60) === 0);
    const among = fast.length > 0 && random(50) > 0 ? fast : ready;
    return among[random(Math.max(1, among.length))];
  };
}

/** A link that delivers when it is told to, in order; between nodes what is attached arrives as a copy. */
export class SlowLink implements Link {
  readonly #target: () => Kernel;
  readonly #copies: boolean;
  readonly #queue: Frame[] = [];
  readonly from: PlaceId;
  readonly to: PlaceId;
  /** Bytes that were attached to what was sent. */
  attachedBytes = 0;
  cut = false;
  /** What is sent is kept, and not delivered for now. */
  frozen = false;

  constructor(ends: { from: PlaceId; to: PlaceId; copies: boolean }, target: () => Kernel) {
    this.from = ends.from;
    this.to = ends.to;
    this.#copies = ends.copies;
    this.#target = target;
  }

  /** Bytes attached to what is on its way. */
  get bytesOnTheWay(): number {
    return this.#queue.reduce((sum, { attachments }) => sum + attachedTo(attachments), 0);
  }

  /** Parts of values on their way, as they would leave now. */
  get parts(): Uint8Array[] {
    return this.#queue.flatMap(({ attachments }) => attachments.flatMap((each) => (each instanceof Slice ? [each.bytes] : [])));
  }

  get waiting(): number {
    return this.cut || this.frozen ? 0 : this.#queue.length;
  }

  send(frame: Frame): void {
    if (this.cut) {
      releaseFrame(frame);
      return;
    }
    const attachments = this.#copies ? frame.attachments.map((attachment) => copyOf(attachment)) : frame.attachments;
    this.attachedBytes += attachedTo(attachments);
    this.#queue.push({ ...frame, attachments });
  }

  deliver(): void {
    const frame = this.#queue.shift();
    if (frame === undefined) return;
    // Slices are read when they leave.
    const attachments = frame.attachments.map((each) => (each instanceof Slice ? new Slice(each.bytes.slice()) : each));
    releaseFrame(frame);
    this.#target().receive({ ...frame, attachments });
  }

  close(): void {
    this.cut = true;
    for (const frame of this.#queue.splice(0)) releaseFrame(frame);
  }

  keepAlive(): void {}
}

/** Bytes of values among them. */
export function attachedTo(attachments: readonly Attachment[]): number {
  return attachments.reduce(
    (sum, each) => sum + (each instanceof SharedArrayBuffer ? each.byteLength : each instanceof Slice ? each.bytes.byteLength : 0),
    0,
  );
}

function copyOf(attachment: Attachment): Attachment {
  return attachment instanceof SharedArrayBuffer ? structuredCopy(attachment) : attachment;
}

function structuredCopy(buffer: SharedArrayBuffer): SharedArrayBuffer {
  const copy = new SharedArrayBuffer(buffer.byteLength);
  new Uint8Array(copy).set(new Uint8Array(buffer));
  return copy;
}

/** Timers that go off when they are told to, whatever their time. */
export class LooseClock implements Clock {
  readonly due: Set<() => void> = new Set();

  now(): number {
    return 0;
  }

  after(_delayMs: number, action: () => void): () => void {
    const timer = (): void => action();
    this.due.add(timer);
    return () => this.due.delete(timer);
  }

  soon(action: () => void): void {
    this.after(0, action);
  }

  fire(index: number): void {
    const timer = [...this.due][index];
    if (timer === undefined) return;
    this.due.delete(timer);
    timer();
  }
}
