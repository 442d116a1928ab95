/** Prints what a node costs that has done a task and waits: `idle_node.ts SECONDS`. */
import { parseArgs } from "node:util";
import { get, init, remote, shutdown } from "mobula";
import { cpuMs, pause, residentMiB } from "./resources.ts";

const [argument = "5"] = parseArgs({ allowPositionals: true }).positionals;
const f = remote((x: number) => x + 1);
await init();
const value = await get(f.remote(1));
// What follows a start and a first task is not idleness yet.
await pause(2000);
const before = cpuMs();
const start = performance.now();
await pause(Number(argument) * 1000);
const percent = (100 * (cpuMs() - before)) / (performance.now() - start);
const mib = residentMiB();
await shutdown();
console.log(JSON.stringify({ percent, mib, completed: value === 2 ? 1 : 0 }));
