/** What the two processes say to each other before and after a stream. */
export type Word = "send" | "keep" | "drop";
export const DONE = "done";
export const WORD_BYTES = 4;
/** Every byte of a stream. */
export const FILL = 7;

export function wordOf(data: Uint8Array): Word {
  return new TextDecoder().decode(data.subarray(0, WORD_BYTES)) as Word;
}

/** A stream: over which socket, to which of the two, and whether that one keeps the bytes. */
export interface Order {
  readonly over: "webSocket" | "tcp";
  readonly to: "client" | "server";
  readonly keeps: boolean;
}

export interface Answer {
  readonly ms: number;
  readonly right: boolean;
}
