/** Loaded by `bun test` before the test files (bunfig.toml): the same limit for one case as under `deno test`. */
import { setDefaultTimeout } from "bun:test";

setDefaultTimeout(30_000);
