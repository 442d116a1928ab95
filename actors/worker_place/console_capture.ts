import { format } from "node:util";
import { currentCall } from "../../runtime/context/mod.ts";
import { logLabel } from "../logs/mod.ts";

/** Takes text that a console printed; `label` names the job and the task or actor that printed it, if one did: see `readLabel`. */
export type ConsoleSink = (stream: "stdout" | "stderr", label: string, text: string) => void;

const STREAMS = {
  log: "stdout",
  info: "stdout",
  debug: "stdout",
  warn: "stderr",
  error: "stderr",
  trace: "stderr",
} as const;

/** Sends what this worker's console prints to `sink`, with the name of the task or actor that printed it. */
export function captureConsole(sink: ConsoleSink): void {
  for (const [method, stream] of Object.entries(STREAMS)) {
    console[method as keyof typeof STREAMS] = (...args: unknown[]): void => {
      const call = currentCall();
      // An actor prints under its class's name, whichever method runs.
      const name = call?.actorId === undefined ? (call?.name ?? "") : (call.name.split(".")[0] ?? "");
      sink(stream, logLabel(call?.jobId ?? "", name), format(...args));
    };
  }
}
