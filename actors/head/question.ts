import * as v from "valibot";
import type { ClusterStatus } from "../../runtime/contracts/mod.ts";
import type { Listing, Summary } from "../gcs/mod.ts";

/** What may be asked of the head by those who are no part of the cluster: the command line. */
export type Question =
  | { readonly about: "status" | "timeline" | "stop" }
  | {
      readonly about: "list";
      readonly kind: string;
      /** "key=value", "key!=value"; a row is listed when all hold. */
      readonly filters?: readonly string[] | undefined;
      readonly limit?: number | undefined;
      /** Every column instead of the basic ones. */
      readonly detail?: boolean | undefined;
    }
  | { readonly about: "get"; readonly kind: string; readonly id: string }
  | { readonly about: "summary"; readonly kind: string }
  /** `deadlineMs`: when it goes whether finished or not, in ms since the Unix epoch. */
  | { readonly about: "drain"; readonly nodeId: string; readonly reason: string; readonly deadlineMs?: number | undefined };

const text = v.pipe(v.string(), v.maxLength(1_000));

export const questionSchema: v.GenericSchema<unknown, Question> = v.variant("about", [
  v.object({ about: v.picklist(["status", "timeline", "stop"]) }),
  v.object({
    about: v.literal("list"),
    kind: text,
    filters: v.optional(v.pipe(v.array(text), v.maxLength(100))),
    limit: v.optional(v.number()),
    detail: v.optional(v.boolean()),
  }),
  v.object({ about: v.literal("get"), kind: text, id: text }),
  v.object({ about: v.literal("summary"), kind: text }),
  v.object({ about: v.literal("drain"), nodeId: text, reason: text, deadlineMs: v.optional(v.number()) }),
]);

/** What is answered to each. */
export interface Answers {
  readonly status: ClusterStatus;
  readonly list: Listing;
  /** Every column of the row; null when there is none. */
  readonly get: Record<string, unknown> | null;
  readonly summary: Summary;
  /** Events of a Chrome trace. */
  readonly timeline: unknown[];
  /** Whether there is such a node. */
  readonly drain: boolean;
  readonly stop: null;
}
