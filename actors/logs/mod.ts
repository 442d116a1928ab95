/** What workers print, on its way to the driver's terminal. */
export { LastLines } from "./last_lines.ts";
export { FOLD_WINDOW_MS, LogFolder } from "./log_folder.ts";
export { logLabel, readLabel } from "./log_label.ts";
export { LineReader, type LogLine, writeRecord } from "./log_record.ts";
export { WorkerLogs, type WorkerLogsOptions } from "./worker_logs.ts";
