/**
 * Streaming. A generator task yields its results one at a time, and the driver merges each as it comes,
 * long before the task is done. `generatorBackpressure` lets a mapper run at most four results ahead.
 *
 *   bun examples/streaming_word_count.ts [verses for each reader]
 */
import { parseArgs } from "node:util";
import { get, init, remote } from "mobula";

const verse = `'Twas brillig, and the slithy toves did gyre and gimble in the wabe:
  all mimsy were the borogoves, and the mome raths outgrabe.`;

const countWords = remote(
  function* (text: string, copies: number) {
    for (let copy = 0; copy < copies; copy++) {
      const counts = new Map<string, number>();
      for (const word of text.toLowerCase().match(/[a-z']+/g) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
      yield counts;
    }
  },
  { generatorBackpressure: 4 },
);

await using _ray = await init();

const [argument = "250"] = parseArgs({ allowPositionals: true }).positionals;
const readers = Array.from({ length: 4 }, () => countWords.remote(verse, Number(argument)));

const totals = new Map<string, number>();
let parts = 0;
await Promise.all(
  readers.map(async (reader) => {
    for await (const ref of reader) {
      for (const [word, count] of await get(ref)) totals.set(word, (totals.get(word) ?? 0) + count);
      parts++;
    }
  }),
);

const top = [...totals].sort(([a, n], [b, m]) => m - n || a.localeCompare(b)).slice(0, 3);
console.log(`${parts} partial counts from ${readers.length} readers`);
console.log(`top words: ${top.map(([word, count]) => `${word} ${count}`).join(", ")}`);
