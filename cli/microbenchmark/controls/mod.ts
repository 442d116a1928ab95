/** What the runtime allows, with little or nothing of Mobula. These rows bound the others and are measured first. */
import type { Family } from "../row.ts";
import { memory } from "./memory.ts";
import { ports } from "./ports.ts";

export { rounds } from "./ports.ts";

export const controls: readonly Family[] = [ports, memory];
