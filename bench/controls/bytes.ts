/** Messages as long as the frames of one small call and of its result. */
export const request: Uint8Array<ArrayBuffer> = new Uint8Array(24).fill(1);
export const reply: Uint8Array<ArrayBuffer> = new Uint8Array(16).fill(2);
