/**
 * π by sampling, with a progress actor. Tasks get the actor's handle as an argument and report to it; the
 * driver asks it now and then, without disturbing the tasks.
 *
 *   bun examples/pi_progress.ts [samples for each task]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type ActorHandle, get, init, remote } from "mobula";

class Progress {
  #byTask = new Map<number, number>();

  report(task: number, samples: number): void {
    this.#byTask.set(task, samples);
  }

  total(): number {
    return [...this.#byTask.values()].reduce((a, b) => a + b, 0);
  }
}

const ProgressActor = remote(Progress, { numCpus: 0 });

const sample = remote((task: number, samples: number, progress: ActorHandle<Progress>) => {
  // A small generator of its own makes every run the same (mulberry32).
  let state = task + 1;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  let inside = 0;
  for (let i = 1; i <= samples; i++) {
    if (Math.hypot(random(), random()) <= 1) inside++;
    if (i % 500_000 === 0 || i === samples) progress.report.remote(task, i);
  }
  return inside;
});

await using _ray = await init();

const [argument = "2000000"] = parseArgs({ allowPositionals: true }).positionals;
const [tasks, samples] = [10, Number(argument)];

const progress = ProgressActor.remote();
const refs = Array.from({ length: tasks }, (_, task) => sample.remote(task, samples, progress));

for (let done = 0; done < tasks * samples; ) {
  await sleep(100);
  done = await get(progress.total.remote());
  console.log(`progress: ${Math.floor((100 * done) / (tasks * samples))} %`);
}

const inside = (await get(refs)).reduce((a, b) => a + b);
const pi = (4 * inside) / (tasks * samples);
console.log(`pi is about ${pi.toFixed(4)}, off by less than 0.01: ${Math.abs(pi - Math.PI) < 0.01 ? "yes" : "no"}`);
