/** Watches a node's memory, and ends what costs the least before the system ends what it likes. */
export { chooseVictim, type Victim } from "./choose_victim.ts";
export { MemoryMonitor, type MemoryMonitorOptions, type MemoryVerdict } from "./memory_monitor.ts";
export { readNodeMemory } from "./node_memory.ts";
export { type MemorySettings, memorySettings } from "./settings.ts";
