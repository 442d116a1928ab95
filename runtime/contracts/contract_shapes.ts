import { ActorNumber, type ContractShapes, type Shape } from "../kernel/mod.ts";
import type { ActorsContract } from "./actors.ts";
import type { ClusterContract, MemberContract, SeatsContract } from "./cluster.ts";
import type { FunctionsContract } from "./functions.ts";
import type { KvContract } from "./kv.ts";
import type { NodeContract, PlaceContract } from "./node.ts";
import type { ObjectsContract } from "./objects.ts";
import type { BundlesContract, GlobalSchedulerContract } from "./placement.ts";
import type { PlacementGroupsContract } from "./placement_groups.ts";
import type { PubSubContract, SubscriberContract } from "./pubsub.ts";
import { amount, anything, bytes, count, either, fields, flag, listOf, optional, record, recordOf, text, tuple, whole } from "./shapes.ts";
import type { StateContract } from "./state.ts";
import type { NodeObjectsContract } from "./transfer.ts";

/** Each method of a contract, and nothing else. */
type ShapesOf<C> = { readonly [M in keyof C]: readonly Shape[] };

const amounts = recordOf(amount);
const texts = listOf(text);
const payload = tuple(count, anything, amount, optional(texts));

const node: ShapesOf<NodeContract> = {
  hello: [optional(count)],
  connect: [count],
  log: [text, text, text],
  ending: [record],
  exited: [count, record],
  output: [count, text, listOf(tuple(text, text))],
  ran: [listOf(text), bytes, count],
  shutdown: [],
};

const functionRecord = fields({ id: text, name: text, definition: record });
const functions: ShapesOf<FunctionsContract> = {
  define: [functionRecord],
  publish: [fields({ owner: count, number: count, kind: text, functionId: text, name: text, options: record })],
  function: [text],
  template: [count, count],
  here: [functionRecord],
  portable: [functionRecord],
  bundle: [text],
};

const job = fields({ jobId: text, namespace: text, driver: count });
const peer = { node: count, nodeId: text, url: text, job: optional(job) };
const pending = fields({ name: text, resources: amounts, waiting: amount });
const spec = fields({ ...peer, name: optional(text), resources: amounts, labels: recordOf(text), pid: amount, runtime: text, takesWork: flag });
const worker = fields({ place: count, pid: amount });
const hosted = listOf(tuple(text, count, count));
const cluster: ShapesOf<ClusterContract> = {
  register: [spec],
  returned: [
    fields({ workers: listOf(worker), living: hosted, coming: hosted, busy: listOf(count), seated: listOf(tuple(text, count)), groups: texts }),
  ],
  report: [fields({ sequence: count, available: amounts, pending: listOf(pending) })],
  workerUp: [worker],
  placeLost: [count, bytes],
  ran: [listOf(text), bytes, count],
  unreachable: [count, text],
  goneNode: [count],
  leave: [],
  drain: [text, fields({ reason: text, deadlineMs: optional(amount) })],
  status: [],
  stop: [],
};

const member: ShapesOf<MemberContract> = {
  peers: [listOf(fields(peer))],
  placeLost: [count, bytes],
  nodeLost: [count, bytes],
  end: [text],
  drain: [],
  draining: [count],
  evacuate: [listOf(count)],
  settle: [],
  ping: [],
  barrier: [],
};

const seats: ShapesOf<SeatsContract> = { seat: [text, count, count], settled: [text], leave: [text, text, flag] };

const actors: ShapesOf<ActorsContract> = {
  create: [text, count, whole, anything, texts, texts],
  watch: [text],
  alias: [text, text],
  lookup: [text, text],
  held: [text],
  list: [optional(text)],
  kill: [text, flag],
  started: [text, count, optional(bytes), optional(text)],
  ended: [text, count, text],
};

const demand = fields({ kind: text, name: text, resources: amounts });
const globalScheduler: ShapesOf<GlobalSchedulerContract> = {
  place: [demand, text, text],
  withdraw: [text],
  allot: [demand, fields({ ticket: text, from: text, wanted: amount, elsewhere: flag, locality: optional(amounts) })],
};

const bundles: ShapesOf<BundlesContract> = {
  prepareBundles: [text, listOf(tuple(count, amounts))],
  commitBundles: [text],
  unprepareBundles: [text, listOf(count)],
  returnBundles: [text, bytes],
  vacateBundles: [text],
  makeRoom: [],
};

const placementGroups: ShapesOf<PlacementGroupsContract> = {
  create: [text, fields({ bundles: listOf(amounts), strategy: text, name: optional(text), namespace: text, jobId: text })],
  ready: [text],
  remove: [text],
  lookup: [text, text],
  table: [],
};

const objects: ShapesOf<ObjectsContract> = {
  store: [text, payload],
  seal: [text, fields({ attachment: whole, slot: whole, size: count, children: texts, holder: count })],
  expect: [text],
  expectAgain: [text],
  resolve: [text, payload],
  want: [texts],
  wantState: [texts],
  sent: [],
  hold: [texts],
  holdFor: [texts, count],
  took: [texts, count],
  known: [],
  drop: [texts, optional(listOf(tuple(count, count)))],
  free: [texts],
  discarded: [texts],
  cameAgain: [texts],
  unmapped: [texts],
  needSpace: [count, whole],
  figures: [flag],
  list: [count],
};

const nodeObjects: ShapesOf<NodeObjectsContract> = {
  hold: [texts],
  holdsExactly: [texts],
  drop: [texts],
  holdFor: [texts, count],
  heard: [count, count],
  located: [text, fields({ size: count, children: texts, holder: count })],
  resolve: [text, payload],
  want: [texts],
  caughtUp: [],
  found: [text, payload],
  free: [texts],
  released: [texts, flag],
  pull: [text, listOf(count)],
  awaited: [text],
  sources: [text, listOf(count)],
  read: [text, count, count],
  chunk: [text, count, whole],
  pulled: [text, flag],
  evicted: [texts],
  keep: [text],
  adopt: [texts],
};

const kv: ShapesOf<KvContract> = {
  get: [text, text],
  multiGet: [text, texts],
  put: [text, text, either(bytes, text), flag],
  delete: [text, text, flag],
  exists: [text, text],
  keys: [text, text, optional(text)],
};

const topics = listOf(fields({ channel: text, key: optional(text) }));
const pubsub: ShapesOf<PubSubContract> = { subscribe: [topics], unsubscribe: [topics] };
const subscriptions: ShapesOf<SubscriberContract> = { notices: [listOf(record)] };
const state: ShapesOf<StateContract> = { nodes: [], resources: [], state: [fields({ kind: text })], timeline: [] };
const place: ShapesOf<PlaceContract> = { settle: [] };

/**
 * What the contracts' methods take, by actor. It is checked where an envelope arrives, before a method can keep half of
 * what it can't read. Two actors have none: those of schedulers and executors, whose methods are not all public.
 */
export const CONTRACT_SHAPES: ContractShapes = {
  [ActorNumber.place]: place,
  [ActorNumber.node]: node,
  [ActorNumber.gcs]: functions,
  [ActorNumber.globalScheduler]: globalScheduler,
  [ActorNumber.objects]: objects,
  [ActorNumber.actors]: actors,
  [ActorNumber.placementGroups]: placementGroups,
  [ActorNumber.bundles]: bundles,
  [ActorNumber.kv]: kv,
  [ActorNumber.pubsub]: pubsub,
  [ActorNumber.cluster]: cluster,
  [ActorNumber.member]: member,
  [ActorNumber.seats]: seats,
  [ActorNumber.nodeObjects]: nodeObjects,
  [ActorNumber.subscriptions]: subscriptions,
  [ActorNumber.state]: state,
};
