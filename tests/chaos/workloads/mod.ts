/** Programs that must come to the same results whatever goes wrong while they run. */
import { chain, chainHere } from "./chain.ts";
import { parameterServer, parameterServerHere } from "./parameter_server.ts";
import { pipeline, pipelineHere } from "./pipeline.ts";
import type { Workload } from "./round.ts";
import { wordCount, wordCountHere } from "./word_count.ts";

export { onceOnly, ranTwice } from "./once.ts";
export type { Round, Workload } from "./round.ts";

export const WORKLOADS: readonly Workload[] = [
  { name: "word count", run: wordCount, expected: wordCountHere },
  { name: "chain", run: chain, expected: chainHere },
  { name: "parameter server", run: parameterServer, expected: parameterServerHere },
  { name: "generator pipeline", run: pipeline, expected: pipelineHere },
];
