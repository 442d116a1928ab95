/** Prints the milliseconds from `init()` to the first result. */
import { get, init, remote, shutdown } from "mobula";

const f = remote((x: number) => x + 1);
const start = performance.now();
await init();
const value = await get(f.remote(1));
const ms = performance.now() - start;
await shutdown();
console.log(JSON.stringify({ ms, completed: value === 2 ? 1 : 0 }));
