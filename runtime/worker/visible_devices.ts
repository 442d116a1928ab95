import { platform } from "../platform/mod.ts";

const VARIABLE = "CUDA_VISIBLE_DEVICES";

let before: string | undefined;
let shown = false;

/** Shows what runs in this worker the GPUs that are its own, as CUDA expects it; without ids, as it was before. */
export function showDevices(ids: readonly string[] | undefined): void {
  if (!shown && ids === undefined) return;
  if (!shown) before = platform.env(VARIABLE);
  shown = ids !== undefined;
  platform.setEnv(VARIABLE, ids === undefined ? before : ids.join(","));
}
