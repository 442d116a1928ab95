import * as v from "valibot";
import type { ObjectRow, ObjectsContract } from "../../runtime/contracts/mod.ts";
import { ActorNumber, type Caller, type Clock, type Kernel, placeId, remoteContract, SYSTEM_SLOT } from "../../runtime/kernel/mod.ts";
import type { Membership } from "../cluster/mod.ts";
import { type Columns, type Gcs, listRows, type StateKind, type Summary, summarizeStates } from "../gcs/mod.ts";
import { type Answers, type Question, questionSchema } from "./question.ts";
import type { StateService } from "./state_service.ts";

export interface QuestionsOptions {
  kernel: Kernel;
  clock: Pick<Clock, "after">;
  gcs: Gcs;
  /** Resolves when the tables are filled. */
  open: Promise<void>;
  state: StateService;
  membership: Membership;
}

type ObjectInfo = ObjectRow & { readonly nodeId: string };

const OBJECTS: Columns<ObjectInfo> = {
  basic: ["objectId", "state", "bytes", "nodeId", "owner", "holders"],
  detail: ["inline", "heldBy"],
};

/** How long an answer may take to leave. */
const ANSWER_MS = 20;

/**
 * The head's answers to those who are no part of the cluster: who only looks should not have to join it, be numbered,
 * be told of to every node, and be kept as a job that has ended.
 */
export class Questions {
  readonly #options: QuestionsOptions;
  readonly #self: Caller;

  constructor(options: QuestionsOptions) {
    this.#options = options;
    this.#self = { from: options.kernel.place, attachments: [] };
  }

  /** @throws Error that says what is wrong with the question */
  async ask(question: unknown): Promise<Answers[keyof Answers]> {
    const read = v.safeParse(questionSchema, question);
    if (!read.success) throw new RangeError(`no question that the head knows: ${v.summarize(read.issues)}`);
    return await this.#answer(read.output);
  }

  async #answer(question: Question): Promise<Answers[keyof Answers]> {
    const { clock, open, membership, state } = this.#options;
    await open;
    switch (question.about) {
      case "status":
        state.resources();
        return membership.status();
      case "list":
        return await this.#list(question);
      case "get":
        return (await this.#get(question.kind, question.id)) ?? null;
      case "summary":
        return await this.#summary(question.kind);
      case "timeline":
        return await state.timeline();
      case "drain": {
        const { nodeId, reason, deadlineMs } = question;
        return membership.drain(this.#self, nodeId, { reason, ...(deadlineMs !== undefined && { deadlineMs }) });
      }
      case "stop":
        // The answer has to be out before the node that gives it ends.
        clock.after(ANSWER_MS, () => membership.stop());
        return null;
    }
  }

  async #list({ kind, filters, limit, detail }: Extract<Question, { about: "list" }>): Promise<Answers["list"]> {
    const { gcs, state } = this.#options;
    const options = { ...(filters && { filters }), ...(limit !== undefined && { limit }), ...(detail !== undefined && { detail }) };
    if (kind === "tasks") await this.#options.membership.settle();
    if (kind === "nodes") state.resources();
    if (kind !== "objects") return gcs.state.list(kind as StateKind, options);
    return listRows({ rows: await this.#objects(), columns: OBJECTS }, options, gcs.limits);
  }

  async #get(kind: string, id: string): Promise<Record<string, unknown> | undefined> {
    const { gcs, membership } = this.#options;
    if (kind === "tasks") await membership.settle();
    if (kind !== "objects") return gcs.state.get(kind as StateKind, id);
    const rows = (await this.#objects()).filter(({ objectId }) => objectId === id);
    const [first] = rows;
    return first && { ...first, nodeId: rows.map(({ nodeId }) => nodeId) };
  }

  async #summary(kind: string): Promise<Summary> {
    if (kind === "tasks") await this.#options.membership.settle();
    if (kind !== "objects") return this.#options.gcs.state.summary(kind as StateKind);
    return summarizeStates((await this.#objects()).map(({ state }) => state));
  }

  /** What the object managers of all nodes keep. */
  async #objects(): Promise<ObjectInfo[]> {
    const { kernel, gcs, membership } = this.#options;
    const nodes = gcs.nodes.live().flatMap(({ nodeId }) => {
      const node = membership.numberOf(nodeId);
      return node === undefined ? [] : [{ nodeId, node }];
    });
    const rows = await Promise.all(
      nodes.map(async ({ nodeId, node }) => {
        const objects = remoteContract<ObjectsContract>(kernel, placeId(node, SYSTEM_SLOT), ActorNumber.objects);
        // A node that is going has nothing to show.
        const listed = await objects.list(gcs.limits.listMax).catch((): ObjectRow[] => []);
        return listed.map((row) => ({ ...row, nodeId }));
      }),
    );
    return rows.flat();
  }
}
