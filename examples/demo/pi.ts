import { type ActorHandle, type RemoteFunction, remote } from "mobula";
import type { Progress } from "./progress.ts";

/** How many points one chunk throws. */
export const CHUNK = 2_000_000;

/**
 * Throws {@link CHUNK} random points at the unit square and counts those inside the quarter circle. The
 * chunk's number seeds the generator (mulberry32), so a chunk gives the same count wherever it runs.
 */
export function sampleChunk(chunk: number): number {
  let state = Math.imul(chunk + 1, 0x9e3779b9);
  let inside = 0;
  for (let i = 0; i < CHUNK; i++) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    const x = ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    state = (state + 0x6d2b79f5) | 0;
    t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    const y = ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    if (x * x + y * y <= 1) inside++;
  }
  return inside;
}

type SampleTask = RemoteFunction<[chunk: number, progress: ActorHandle<Progress>], number>;

export const sampleTask: SampleTask = remote((chunk: number, progress: ActorHandle<Progress>) => {
  const inside = sampleChunk(chunk);
  progress.add.remote("pi", 1);
  return inside;
});
