import { type Clock, type PlaceId, workerId } from "../../runtime/kernel/mod.ts";
import { LastLines } from "./last_lines.ts";
import { LogFolder } from "./log_folder.ts";
import { readLabel } from "./log_label.ts";
import type { LogLine } from "./log_record.ts";

export interface WorkerLogsOptions {
  clock: Clock;
  /** Whether the driver's terminal gets them; the last ones are kept in any case. */
  toDriver: boolean;
  /** `jobId` is the job that it is for; empty where no call printed it. */
  print(stream: "stdout" | "stderr", line: string, jobId: string): void;
}

/** What workers print: the last lines of each are kept for the error about its death, and the driver gets all. */
export class WorkerLogs {
  readonly #last: LastLines = new LastLines();
  readonly #folder: LogFolder;
  readonly #toDriver: boolean;

  constructor(options: WorkerLogsOptions) {
    this.#folder = new LogFolder(options);
    this.#toDriver = options.toDriver;
  }

  add(place: PlaceId, stream: "stdout" | "stderr", lines: readonly LogLine[]): void {
    const source = workerId(place);
    for (const { label, line } of lines) {
      const { jobId, name } = readLabel(label);
      this.#last.add(place, line);
      if (this.#toDriver) this.#folder.add(stream, line, { label: `${name || "worker"} ${source}`, source, jobId });
    }
  }

  lastOf(place: PlaceId): readonly string[] {
    return this.#last.of(place);
  }

  forget(place: PlaceId): void {
    this.#last.forget(place);
  }

  /** Says now what is still to be said. */
  flush(): void {
    this.#folder.flush();
  }
}
