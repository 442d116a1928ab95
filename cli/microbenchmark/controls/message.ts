import { encodeBatch } from "../../../net/mod.ts";

/** A frame as it crosses a port within a node: to, from, and the bytes of a batch of envelopes. */
export type Message = [to: number, from: number, bytes: Uint8Array];

/** A call of a function without arguments, and its result, shaped and sized as those of a task. */
export const callEnvelope = (call: number): unknown[] => [1, 1, call, 7, 2, 0];
export const replyEnvelope = (call: number): unknown[] => [2, 3, call, 0, "ok"];

export const request = (): Message => [3, 1, encodeBatch([callEnvelope(1000)])];
export const reply = (): Message => [1, 3, encodeBatch([replyEnvelope(1000)])];
