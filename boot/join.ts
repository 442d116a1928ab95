/** The program of the thread that joins a cluster for one that waits. */
import { type JoinOrder, joinFor } from "../actors/driver/mod.ts";
import { platform } from "../runtime/platform/mod.ts";

await joinFor(platform.threadData() as JoinOrder);
