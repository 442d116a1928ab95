import { FrameAssembler, type FrameLimits, frameSize, headBytes, type Lends, PIECE_BYTES, piecesOf, writeFrame } from "./frame_stream.ts";
import { cutToLeave, SMALL_MESSAGE_BYTES } from "./held_messages.ts";
import type { Frame, Link, LinkEvents } from "./link.ts";
import { sharedPool } from "./shared_pool.ts";
import { releaseFrame } from "./slice.ts";

/** From so many bytes on that were handed to a socket and are not yet on their way, more waits here. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024;
/** The same for a socket that tells when it has none left: what it keeps it has copied, and moves as it leaves. */
const HIGH_WATER_BYTES_TOLD = 1024 * 1024;

/** Small frames are joined to messages of at most so many bytes. */
const JOIN_BYTES = 64 * 1024;

/** Frames that were sent are let go of when there are so many, and more than wait. */
const SENT_AT_MOST = 1024;

/** A socket for binary messages, open. MUST NOT throw once it is closed. */
export interface ByteSocket {
  /** MUST have taken the bytes over when it returns. */
  send(message: Uint8Array): void;
  /** Whether messages may lie in shared memory. */
  readonly takesShared?: boolean;
  /** Bytes that were handed over and have not left yet. */
  buffered(): number;
  /** Whether its owner calls `drained` when there are none left; otherwise the link looks every now and then. */
  readonly tellsDrained?: boolean;
  close(code: number, reason: string): void;
}

export interface WebSocketLinkOptions {
  limits: FrameLimits;
  lends?: Lends | undefined;
  /**
   * Whether the other side's socket keeps small messages back until those before them are acknowledged (Nagle's
   * algorithm), which systems put off by 40 ms: what has come is then answered soon, with an empty message if there is nothing else.
   */
  receipts?: boolean | undefined;
  /** Whether this side's socket does so. */
  holds?: boolean | undefined;
  /** Calls back when the socket has had time to send. */
  later(action: () => void): void;
  /** Told why when the link is closed because of what its peer did, before its events are. */
  refused?(reason: string): void;
}

/** What a link whose peer breaks the rules is closed with: of the lower codes a program may use the normal one alone. */
const REFUSED = 4002;
const NORMAL = 1000;
/** Acknowledges what has come, as whatever is sent does; says nothing. */
const RECEIPT: Uint8Array<ArrayBuffer> = new Uint8Array(0);
/** A socket takes a reason of 123 bytes. */
const REASON_CHARACTERS = 100;

/**
 * A link over a WebSocket, to a place in another process. Shared memory beside a frame is copied: the other side gets
 * memory of its own. Whoever owns the socket tells of its messages and its end.
 */
export class WebSocketLink implements Link {
  readonly #socket: ByteSocket;
  readonly #events: LinkEvents;
  readonly #later: (action: () => void) => void;
  readonly #refused: ((reason: string) => void) | undefined;
  readonly #receipts: boolean;
  readonly #holds: boolean;
  readonly #assembler: FrameAssembler;
  #waiting: (Frame | undefined)[] = [];
  #next = 0;
  /** The large frame that is leaving. */
  #current: Frame | undefined;
  #pieces: Iterator<Uint8Array> | undefined;
  /** Messages are made here one after the other. */
  #joined: Uint8Array<ArrayBuffer> | undefined;
  #scratch: Uint8Array<ArrayBuffer> | undefined;
  /** Whether frames wait for the socket. */
  #full = false;
  #asking = false;
  #pumping = false;
  /** Something has come since this side sent anything. */
  #owesReceipt = false;
  #receiptDue = false;
  #open = true;

  constructor(socket: ByteSocket, events: LinkEvents, options: WebSocketLinkOptions) {
    this.#socket = socket;
    this.#events = events;
    this.#later = options.later;
    this.#refused = options.refused;
    this.#receipts = options.receipts === true;
    this.#holds = options.holds === true;
    this.#assembler = new FrameAssembler(options.limits, options.lends);
  }

  send(frame: Frame): void {
    if (!this.#open) {
      releaseFrame(frame);
      return;
    }
    // Whoever sends what cannot travel hears of it here.
    if (frame.attachments.length > 0) frameSize(frame);
    this.#waiting.push(frame);
    if (this.#pumping) return;
    this.#pumping = true;
    // The frames of one turn leave in one message: the second of two small ones might wait for the first's receipt.
    queueMicrotask(() => this.#pump());
  }

  /** What was sent before leaves first, as far as the socket takes it. */
  close(): void {
    if (!this.#open) return;
    this.#pump();
    this.#open = false;
    this.#dropAll();
    this.#socket.close(NORMAL, "the link was closed");
  }

  /** Closes it because of what the peer did: nothing more that it sent is taken, and both sides are told. */
  refuse(reason: string): void {
    if (!this.#open) return;
    this.#socket.close(REFUSED, reason.slice(0, REASON_CHARACTERS));
    this.#refused?.(reason);
    this.ended(reason);
  }

  /** The socket has sent what it had. Where nobody tells, the link asks. */
  drained(): void {
    if (this.#full) this.#pump();
  }

  /** A socket keeps its process alive by itself, for as long as it is open. */
  keepAlive(): void {}

  /** A message has come. */
  received(message: unknown): void {
    if (!this.#open) return;
    if (this.#receipts) this.#owe();
    let frames: Frame[];
    try {
      if (!(message instanceof ArrayBuffer)) throw new TypeError("a message must be binary");
      frames = this.#assembler.take(message);
    } catch (error) {
      this.refuse((error as Error).message);
      return;
    }
    for (const frame of frames) {
      // One of them may have been the last that is taken.
      if (!this.#open) return;
      try {
        this.#events.onFrame(frame);
      } catch (error) {
        // Whoever takes frames in throws for what is no frame of ours, and must not end with its peer.
        this.refuse(`a frame cannot be read: ${(error as Error).message}`);
      }
    }
  }

  /** The socket is closed. */
  ended(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#dropAll();
    this.#events.onClose?.(reason);
  }

  #pump(): void {
    this.#full = false;
    const highWater = this.#socket.tellsDrained === true ? HIGH_WATER_BYTES_TOLD : HIGH_WATER_BYTES;
    while (this.#open && this.#socket.buffered() < highWater) {
      const message = this.#nextMessage();
      if (message === undefined) {
        this.#pumping = false;
        return;
      }
      this.#socket.send(message);
      this.#owesReceipt = false;
    }
    if (!this.#open) return;
    this.#full = true;
    if (this.#asking) return;
    this.#asking = true;
    this.#later(() => {
      this.#asking = false;
      this.drained();
    });
  }

  #owe(): void {
    this.#owesReceipt = true;
    if (this.#receiptDue) return;
    this.#receiptDue = true;
    this.#later(() => {
      this.#receiptDue = false;
      if (!this.#open || !this.#owesReceipt) return;
      this.#owesReceipt = false;
      this.#socket.send(RECEIPT);
    });
  }

  /** The next message: small frames, as many as there are, or a piece of a large one. */
  #nextMessage(): Uint8Array | undefined {
    const joinBytes = this.#holds ? SMALL_MESSAGE_BYTES : JOIN_BYTES;
    let filled = 0;
    for (;;) {
      if (this.#pieces !== undefined) {
        const piece = this.#pieces.next();
        if (piece.done !== true) return piece.value;
        this.#leftBehind();
      }
      const frame = this.#waiting[this.#next];
      const size = frame && frameSize(frame);
      if (frame === undefined || filled + (size as number) > joinBytes) {
        if (filled > 0) return this.#joined?.subarray(0, filled);
        if (frame === undefined) return undefined;
        this.#scratch ??= new Uint8Array(PIECE_BYTES);
        this.#current = frame;
        const pieces = piecesOf(frame, { scratch: this.#scratch, takesShared: this.#socket.takesShared === true });
        this.#pieces = this.#holds ? cutToLeave(pieces, headBytes(frame.attachments.length)) : pieces;
      } else {
        this.#joined ??= new Uint8Array(JOIN_BYTES);
        filled = writeFrame(frame, this.#joined, filled);
        releaseFrame(frame);
      }
      this.#took();
    }
  }

  /** The next frame has been taken from those that wait. */
  #took(): void {
    this.#waiting[this.#next++] = undefined;
    if (this.#next === this.#waiting.length) this.#waiting = [];
    else if (this.#next > SENT_AT_MOST && this.#next * 2 > this.#waiting.length) this.#waiting = this.#waiting.slice(this.#next);
    else return;
    this.#next = 0;
  }

  /** All pieces of a large frame have been made: what travelled beside it is copied. */
  #leftBehind(): void {
    for (const attachment of this.#current?.attachments ?? []) sharedPool.giveBack(attachment);
    if (this.#current !== undefined) releaseFrame(this.#current);
    this.#current = undefined;
    this.#pieces = undefined;
  }

  #dropAll(): void {
    if (this.#current !== undefined) releaseFrame(this.#current);
    for (const frame of this.#waiting) if (frame !== undefined) releaseFrame(frame);
    this.#waiting = [];
    this.#next = 0;
    this.#current = undefined;
    this.#pieces = undefined;
  }
}
