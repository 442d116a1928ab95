/** Calls one by one beside what the runtime allows, in turns. */
import { rounds } from "../controls/mod.ts";
import { type Family, ratioRow } from "../row.ts";
import type { Target } from "../target.ts";
import { actorCallsSync } from "./actors.ts";
import { tasksSync } from "./tasks.ts";

const targets: Target[] = [{ atLeast: 0.6, deno: 0.4 }];

export const sideBySide: Family = {
  name: "side by side with raw messages",
  node: {},
  brief: true,
  rows: [
    ratioRow("tasks sync : raw round trip", targets, async () => ({ loop: tasksSync, control: await rounds(1) })),
    ratioRow("actor calls sync : raw round trip", targets, async () => ({ loop: await actorCallsSync(), control: await rounds(1) })),
  ],
};
