/**
 * What ran when, as numbers of 64 bits, so many for each run of a task: owner, sequence, attempt, name (an index into the
 * names that come with the rows), place, begin and end in milliseconds since the Unix epoch, outcome.
 */
export const RUN_WIDTH = 8;

export const RunOutcome = { finished: 0, failed: 1, cancelled: 2 } as const;
export type RunOutcome = (typeof RunOutcome)[keyof typeof RunOutcome];
