import { afterAll, beforeAll, expect, test } from "bun:test";
import { ActorUnschedulableError, get, getRuntimeContext, init, nodes, remote, shutdown, TaskUnschedulableError, wait } from "../../mod.ts";
import type { LabelSelector, TaskCallOptions } from "../../runtime/options/mod.ts";
import { failure } from "./failure.ts";

beforeAll(() => init({ numCpus: 2, labels: { zone: "a", arch: "x86" }, logToDriver: false }));
afterAll(() => shutdown());

const here = remote(() => getRuntimeContext().nodeId);
class Member {
  here(): string {
    return getRuntimeContext().nodeId;
  }
}
const MemberActor = remote(Member);

test("SPREAD, DEFAULT and affinity to the node itself run here", async () => {
  const { nodeId } = getRuntimeContext();
  for (const schedulingStrategy of ["SPREAD", "DEFAULT", { nodeId }, { nodeId, soft: true }, { nodeId: "gone", soft: true }] as const) {
    expect(await get(here.options({ schedulingStrategy }).remote())).toBe(nodeId);
    expect(await get(MemberActor.options({ schedulingStrategy }).remote().here.remote())).toBe(nodeId);
  }
});

test("hard affinity to a node that is not there is refused, of one task and of many", async () => {
  const gone = here.options({ schedulingStrategy: { nodeId: "gone", soft: false } });
  const many = Array.from({ length: 30 }, () => gone.remote());
  for (const ref of many) expect(await failure(get(ref))).toBeInstanceOf(TaskUnschedulableError);
  expect(await failure(get(gone.remote()))).toMatchObject({
    message: expect.stringMatching('Task "here" cannot be scheduled: its schedulingStrategy names node gone'),
  });
  const actor = MemberActor.options({ schedulingStrategy: { nodeId: "gone" }, maxRestarts: -1 }).remote();
  expect(await failure(get(actor.here.remote()))).toBeInstanceOf(ActorUnschedulableError);
});

test("hard affinity to a node that is too small is refused, in the task's own name", async () => {
  const { nodeId } = getRuntimeContext();
  const other = remote(() => 1);
  const large = { schedulingStrategy: { nodeId }, numCpus: 64 };
  const first = here.options(large).remote();
  const second = other.options(large).remote();
  expect(await failure(get(first))).toMatchObject({
    message: expect.stringMatching(/"here".*CPU: 64 asked for, 2 on this node/),
  });
  expect(await failure(get(second))).toMatchObject({ message: expect.stringMatching(/"other"/) });
});

test("label selectors choose this node when its labels match, by fallbacks too", async () => {
  const { nodeId, nodeLabels } = getRuntimeContext();
  expect(nodeLabels).toMatchObject({ zone: "a", arch: "x86" });
  expect((await nodes())[0]?.labels).toMatchObject({ zone: "a" });
  const matching: LabelSelector[] = [
    { zone: "a" },
    { zone: "in(a,b)", arch: "!arm" },
    { zone: "!in(b,c)" },
    { disk: "!ssd" },
    { "mobula.io/node-id": nodeId },
  ];
  for (const labelSelector of matching) {
    expect(await get(here.options({ labelSelector }).remote())).toBe(nodeId);
    expect(await get(MemberActor.options({ labelSelector }).remote().here.remote())).toBe(nodeId);
  }
  const fallen: TaskCallOptions = {
    labelSelector: { zone: "z" },
    fallbackStrategy: [{ labelSelector: { arch: "arm" } }, { labelSelector: { zone: "a" } }],
  };
  expect(await get(here.options(fallen).remote())).toBe(nodeId);
});

test("labels that no node has keep a task waiting, and others run meanwhile", async () => {
  const waiting = here.options({ labelSelector: { zone: "z" } }).remote();
  expect(await get(here.remote())).toBe(getRuntimeContext().nodeId);
  expect(await wait([waiting], { timeoutMs: 30 })).toEqual([[], [waiting]]);
});

test("a task that asks for more than there is waits too", async () => {
  const waiting = here.options({ resources: { unobtainium: 1 } }).remote();
  expect(await wait([waiting], { timeoutMs: 30 })).toEqual([[], [waiting]]);
});
