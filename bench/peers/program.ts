/** Measures one worker pool, one way: `program.ts NAME sync|bulk PLAN`, the plan as JSON. Prints the figures. */
import process from "node:process";
import { parseArgs } from "node:util";
import { measureRate, type Plan } from "../../cli/microbenchmark/mod.ts";
import { openPool, type PeerName } from "./pool.ts";

const [name = "", way = "", plan = ""] = parseArgs({ allowPositionals: true }).positionals;
const pool = await openPool[name as PeerName](2);
const calls = way === "bulk" ? 1000 : 1;
const figures = await measureRate(
  {
    async run(rounds) {
      let completed = 0;
      for (let i = 0; i < rounds; i++) {
        if (calls === 1) {
          if ((await pool.call()) === "ok") completed++;
          continue;
        }
        const values = await Promise.all(Array.from({ length: calls }, () => pool.call()));
        for (const value of values) if (value === "ok") completed++;
      }
      return completed;
    },
  },
  { calls },
  JSON.parse(plan) as Plan,
);
console.log(JSON.stringify(figures));
await Promise.race([pool.close(), new Promise((resolve) => setTimeout(resolve, 2000))]);
process.exit(0);
