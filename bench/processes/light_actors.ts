/** Prints what so many light actors cost, all alive at a time: `light_actors.ts COUNT`. */
import { parseArgs } from "node:util";
import { get, init, remote, shutdown } from "mobula";
import { residentMiB } from "./resources.ts";

class Cell {
  #value: number;

  constructor(value: number) {
    this.#value = value;
  }

  increment(): number {
    return ++this.#value;
  }
}

const CellActor = remote(Cell, { isolation: "shared", numCpus: 0 });

const [argument = "100000"] = parseArgs({ allowPositionals: true }).positionals;
const count = Number(argument);
await init();
await get(CellActor.remote(0).increment.remote());
const start = performance.now();
const cells = Array.from({ length: count }, (_, i) => CellActor.remote(i));
await get(cells.map((cell) => cell.__ready__.remote()));
const rate = (count * 1000) / (performance.now() - start);
const mib = residentMiB();
let completed = 0;
for (const [i, value] of (await get(cells.map((cell) => cell.increment.remote()))).entries()) {
  if (value === i + 1) completed++;
}
const calledMib = residentMiB();
await shutdown();
console.log(JSON.stringify({ rate, mib, calledMib, completed }));
