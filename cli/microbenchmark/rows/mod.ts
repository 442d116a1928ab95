/** The rows of Mobula: Ray's under Ray's names, and some of our own. */
import type { Family } from "../row.ts";
import { actors } from "./actors.ts";
import { workerCreation } from "./creation.ts";
import { efficiency } from "./efficiency.ts";
import { objects } from "./objects.ts";
import { placementGroups } from "./placement_groups.ts";
import { sideBySide } from "./side_by_side.ts";
import { tasks } from "./tasks.ts";

export { actorCallsSync } from "./actors.ts";
export { tasksSync } from "./tasks.ts";

export const rows: readonly Family[] = [efficiency, ...objects, tasks, ...actors, sideBySide, placementGroups, workerCreation];
