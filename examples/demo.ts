/**
 * The demo: counts the words of the Brown corpus, and the phrases that its texts repeat, as a map-reduce over
 * parallel tasks with a tree reduction; then estimates π by sampling; a progress actor feeds the bars. Does both again in this one thread, and
 * checks that the results are the same.
 *
 *   npm run demo          (or: bun run demo, deno task demo)
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ActorHandle, clusterResources, get, init, type ObjectRef } from "mobula";
import {
  type Census,
  CHUNK,
  corpusFiles,
  mergeCensus,
  mergeTask,
  type Progress,
  ProgressActor,
  ProgressBar,
  piLine,
  readFiles,
  readTask,
  sampleChunk,
  sampleTask,
  timeTable,
  title,
  verdict,
  wordTable,
} from "./demo/mod.ts";

const CHUNKS = 160;

await using _ray = await init();

const { CPU: cpus = 1 } = await clusterResources();
const files = await corpusFiles();
const progress = ProgressActor.remote();
await get(progress.__ready__.remote());

title(`Counting the words of ${files.length} files on ${cpus} CPUs`);
const words = await timed(() => shown("files", files.length, { progress, stage: "words", work: countInParallel() }));
wordTable(words.result);

title(`Estimating π with ${(CHUNKS * CHUNK) / 1e6} million random points`);
const pi = await timed(() => shown("chunks", CHUNKS, { progress, stage: "pi", work: sampleInParallel() }));
piLine(pi.result, CHUNKS * CHUNK);

title("The same in this one thread");
const wordsAlone = await timed(() => readFiles(files, bar("files", files.length)));
const piAlone = await timed(sampleAlone);
timeTable([
  { work: "words", parallel: words.ms, single: wordsAlone.ms },
  { work: "π", parallel: pi.ms, single: piAlone.ms },
  { work: "in all", parallel: words.ms + pi.ms, single: wordsAlone.ms + piAlone.ms },
]);

const same = sameCensus(words.result, wordsAlone.result) && pi.result === piAlone.result;
verdict(same);
if (!same) throw new Error("the parallel and the single-thread results differ");

/** Map: each task reads a share of the files. Reduce: pairs are merged by tasks, level by level. */
async function countInParallel(): Promise<Census> {
  const tasks = 2 * cpus;
  const shares = Array.from({ length: tasks }, (_, i) => files.filter((_, file) => file % tasks === i));
  let level: ObjectRef<Census>[] = shares.map((share) => readTask.remote(share, progress));
  while (level.length > 1) {
    const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) => level.slice(2 * i, 2 * i + 2));
    level = pairs.map((pair) => mergeTask.remote(...pair));
  }
  const [total] = await get(level);
  return total ?? mergeCensus();
}

async function sampleInParallel(): Promise<number> {
  const chunks = Array.from({ length: CHUNKS }, (_, chunk) => sampleTask.remote(chunk, progress));
  return (await get(chunks)).reduce((a, b) => a + b, 0);
}

function sampleAlone(): number {
  const report = bar("chunks", CHUNKS);
  let inside = 0;
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    inside += sampleChunk(chunk);
    report(1);
  }
  return inside;
}

/** Work under way in tasks that report to the actor under a stage's name. */
interface Stage<T> {
  readonly progress: ActorHandle<Progress>;
  readonly stage: string;
  readonly work: Promise<T>;
}

/** Draws what the actor hears until the work is done. */
async function shown<T>(label: string, total: number, { progress, stage, work }: Stage<T>): Promise<T> {
  const line = new ProgressBar(label, total);
  const finished = work.then(() => true);
  while (!(await Promise.race([finished, sleep(50, false)]))) {
    line.draw(await get(progress.done.remote(stage)));
  }
  line.draw(total);
  return await work;
}

/** Draws work done in this thread; called with each piece done. */
function bar(label: string, total: number): (more: number) => void {
  const line = new ProgressBar(label, total);
  let done = 0;
  return (more) => line.draw((done += more));
}

async function timed<T>(work: () => T | Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

function sameCensus(a: Census, b: Census): boolean {
  const sameWords = a.words.size === b.words.size && [...a.words].every(([word, count]) => b.words.get(word) === count);
  return sameWords && a.repeated === b.repeated && a.favourite.words === b.favourite.words && a.favourite.times === b.favourite.times;
}
