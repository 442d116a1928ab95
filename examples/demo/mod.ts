/** The parts of the demo: the work, the actor that hears how far it has come, and what is printed. */
export { corpusFiles } from "./corpus.ts";
export { CHUNK, sampleChunk, sampleTask } from "./pi.ts";
export { type Progress, ProgressActor } from "./progress.ts";
export { ProgressBar } from "./progress_bar.ts";
export { piLine, timeTable, title, verdict, wordTable } from "./report.ts";
export { type Census, mergeCensus, mergeTask, readFiles, readTask } from "./words.ts";
