import type { Slice } from "./slice.ts";

/**
 * What may travel beside a frame's bytes: shared memory, the ends of other links inside one process, and parts of
 * buffers between processes.
 */
export type Attachment = SharedArrayBuffer | MessagePort | Slice;

/**
 * One frame on a link: the bytes of a batch of envelopes for the place `to`, sent by the place `from`.
 * A place that is not `to` forwards the frame without reading its bytes.
 */
export interface Frame {
  readonly to: number;
  readonly from: number;
  readonly bytes: Uint8Array;
  readonly attachments: readonly Attachment[];
}

/**
 * A bidirectional channel of frames between two places.
 *
 * A link MUST deliver frames in the order sent, MUST NOT deliver one twice, and MUST call `onClose` at most
 * once. Frames sent before the other side listens MUST be kept. `send` MUST NOT throw after `close`.
 * The receiver owns what it is handed; the sender MUST NOT change `bytes` after `send`.
 */
export interface Link {
  send(frame: Frame): void;
  close(): void;
  /** Whether this link alone keeps the process alive; links start without that right. */
  keepAlive(on: boolean): void;
}

export interface LinkEvents {
  onFrame(frame: Frame): void;
  onClose?(reason: string): void;
}
