/** Chance, injected: a number of 0 or more, and less than 1. */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();
