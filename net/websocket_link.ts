import { FrameAssembler, type FrameLimits, PIECE_BYTES, piecesOf } from "./frame_stream.ts";
import type { Frame, Link, LinkEvents } from "./link.ts";
import { sharedPool } from "./shared_pool.ts";

/** Bytes handed to a socket and not yet on their way, at most; more waits here. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024;

/** Pieces are joined to messages of at most so many bytes. */
const JOIN_BYTES = 64 * 1024;

/** A socket for binary messages, open. MUST NOT throw once it is closed. */
export interface ByteSocket {
  send(message: Uint8Array<ArrayBuffer>): void;
  /** Bytes that were handed over and have not left yet. */
  buffered(): number;
  close(code: number, reason: string): void;
}

export interface WebSocketLinkOptions {
  limits: FrameLimits;
  /** Calls back when the socket has had time to send. */
  later(action: () => void): void;
}

/** What a link whose peer breaks the protocol is closed with. */
const PROTOCOL_ERROR = 1002;
const NORMAL = 1000;

/**
 * A link over a WebSocket, to a place in another process. Shared memory beside a frame is copied: the other side gets
 * memory of its own. Whoever owns the socket tells of its messages and its end.
 */
export class WebSocketLink implements Link {
  readonly #socket: ByteSocket;
  readonly #events: LinkEvents;
  readonly #later: (action: () => void) => void;
  readonly #assembler: FrameAssembler;
  #waiting: Frame[] = [];
  #next = 0;
  #current: Frame | undefined;
  /** Pieces are made here one after the other: a socket has taken one over when `send` returns. */
  #scratch: Uint8Array<ArrayBuffer> | undefined;
  #pieces: Iterator<Uint8Array<ArrayBuffer>> | undefined;
  /** A piece that did not fit the message before. */
  #held: Uint8Array<ArrayBuffer> | undefined;
  #pumping = false;
  #open = true;

  constructor(socket: ByteSocket, events: LinkEvents, options: WebSocketLinkOptions) {
    this.#socket = socket;
    this.#events = events;
    this.#later = options.later;
    this.#assembler = new FrameAssembler(options.limits);
  }

  send(frame: Frame): void {
    if (!this.#open) return;
    this.#waiting.push(frame);
    if (this.#pumping) return;
    this.#pumping = true;
    // The frames of one turn leave in one message: the second of two small ones might wait for the first's receipt.
    queueMicrotask(() => this.#pump());
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.close(NORMAL, "the link was closed");
  }

  /** A socket keeps its process alive by itself, for as long as it is open. */
  keepAlive(): void {}

  /** A message has come. */
  received(message: unknown): void {
    if (!this.#open) return;
    let frames: Frame[];
    try {
      if (!(message instanceof ArrayBuffer)) throw new TypeError("a message must be binary");
      frames = this.#assembler.take(message);
    } catch (error) {
      const reason = (error as Error).message;
      this.#socket.close(PROTOCOL_ERROR, reason);
      this.ended(reason);
      return;
    }
    for (const frame of frames) this.#events.onFrame(frame);
  }

  /** The socket is closed. */
  ended(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#waiting = [];
    this.#pieces = undefined;
    this.#events.onClose?.(reason);
  }

  #pump(): void {
    while (this.#open && this.#socket.buffered() < HIGH_WATER_BYTES) {
      const message = this.#nextMessage();
      if (message === undefined) {
        this.#pumping = false;
        return;
      }
      this.#socket.send(message);
    }
    if (this.#open) this.#later(() => this.#pump());
  }

  /** The next piece, with what follows it as long as both are small. */
  #nextMessage(): Uint8Array<ArrayBuffer> | undefined {
    const first = this.#held ?? this.#nextPiece();
    this.#held = undefined;
    if (first === undefined || first.byteLength > JOIN_BYTES) return first;
    const joined = [first];
    let size = first.byteLength;
    for (;;) {
      const piece = this.#nextPiece();
      if (piece === undefined) break;
      if (size + piece.byteLength > JOIN_BYTES) {
        this.#held = piece;
        break;
      }
      joined.push(piece);
      size += piece.byteLength;
    }
    return joined.length === 1 ? first : concat(joined, size);
  }

  #nextPiece(): Uint8Array<ArrayBuffer> | undefined {
    for (;;) {
      const next = this.#pieces?.next();
      if (next !== undefined && next.done !== true) return next.value;
      // Its attachments have been copied into pieces.
      for (const attachment of this.#current?.attachments ?? []) sharedPool.giveBack(attachment);
      const frame = this.#waiting[this.#next++];
      this.#current = frame;
      if (frame === undefined) {
        this.#waiting = [];
        this.#next = 0;
        this.#pieces = undefined;
        return undefined;
      }
      this.#scratch ??= new Uint8Array(PIECE_BYTES);
      this.#pieces = piecesOf(frame, { scratch: this.#scratch });
    }
  }
}

function concat(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
