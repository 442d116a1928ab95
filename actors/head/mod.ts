/** What the head has beside what every node has: the control store, and the actors that decide for the cluster. */
export { Head, type HeadOptions } from "./head.ts";
export type { Answers, Question } from "./question.ts";
