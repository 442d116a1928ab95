/**
 * For sockets that keep small messages back until what went before is acknowledged (Nagle's algorithm). Deno's, where it
 * dials, write the head of a message of more than 1,024 bytes by itself, so that the rest waits for its acknowledgement,
 * which systems put off by 40 ms, unless the rest is as long as a packet of the network (64 KiB on loopback).
 */

/** A message of at most so many bytes leaves with its head. */
export const SMALL_MESSAGE_BYTES = 1024;

/** From so many bytes on a message does not wait: most of it leaves at once, which is acknowledged at once. */
const LARGE_MESSAGE_BYTES = 128 * 1024;

/** The same bytes in messages that do not wait, where that can be had. What is in the first `whole` bytes stays together. */
export function* cutToLeave(messages: Iterable<Uint8Array>, whole: number): Generator<Uint8Array> {
  let least = whole;
  for (const message of messages) {
    if (message.byteLength >= LARGE_MESSAGE_BYTES) yield message;
    else {
      for (let at = 0; at < message.byteLength; ) {
        const length = Math.max(SMALL_MESSAGE_BYTES, least);
        yield message.subarray(at, at + length);
        at += length;
        least = 0;
      }
    }
    least = 0;
  }
}
