/**
 * The hot messages, by number: read by hand where they arrive. Fields are by position; `payload…` stands for
 * kind, data, size, children. See docs/protocol.md.
 */
export const CallerOp = {
  /** task sequence, payload… : the one result of a task or actor call */
  result: 1,
  /** task sequence, [payload wire…] : several results */
  results: 2,
  /** task sequence, payload, retryable : the call threw */
  failed: 3,
  /** task sequence, item index, payload… : a generator's next item */
  item: 4,
  /** task sequence, item count : a generator has ended; a fault travels as its last item */
  itemsEnd: 5,
  /** object id, payload… with the buffer's attachment index as data where sealed */
  object: 6,
  /** scheduling class, lease id, worker place, attempt : a task was sent to that worker, and the owner may push the next ones there when it has ended */
  lease: 7,
  /** lease id, worker place : nothing more may be pushed under it; to be acknowledged */
  leaseEnded: 8,
  /** worker place, death, [attempts that the scheduler had sent there] */
  workerLost: 9,
  /** actor id, state … : what the control store says of an actor */
  actorState: 10,
  /** task sequence, error wire : the scheduler refuses a task */
  refused: 11,
  /** stream, text : a line for the driver's terminal */
  print: 12,
  /** : room is needed that views here may keep; collect garbage and report */
  collect: 13,
  /** : free buffers of this place were taken back */
  reclaimed: 14,
  /** count : so many holds were announced before what follows; see `Announcer` */
  announced: 16,
  /** node, [attempts] : these tasks are at that node's scheduler now; from the scheduler of their owner's node alone */
  moved: 17,
  /** node, death : a node is gone; what it had of this place's tasks is tried again, or fails */
  nodeLost: 18,
  /** placement group id, fault : the group was removed, and with it the tasks that were to run in it */
  groupRemoved: 15,
  /** object id, force, recursive : from a place that has a ref to it; what makes the object is not wanted any more */
  cancel: 19,
  /** [object ids] : large results of this place's tasks and calls that no node has any more, though somebody holds them */
  lost: 20,
  /** [object ids] : large results of this place's tasks and calls that nobody holds any more */
  released: 21,
  /** incarnation, [task sequences] : calls that their actor's host will not begin, as it moves; they go to where it is made anew */
  unbegun: 22,
} as const;

export const ExecutorOp = {
  /** lease id, owner place, template number, task sequence, form, data, flags; from a lessee, whether it relinquishes the lease with it */
  run: 1,
  /** lease id, owner place, template number, attachment index */
  batch: 2,
  /** lease id */
  revoke: 3,
  /** owner place, task sequence, recursive, reason, and for an actor call the actor's id */
  cancel: 4,
  /** owner place, actor id, incarnation, lane, order in the lane, task sequence, method, form, data, flags, returns, group, back-pressure, what it retries */
  call: 5,
  /** owner place, task sequence, items consumed, and for an actor call the actor's id */
  consumed: 6,
  /** place : it is gone, with a system worker's place its whole node, and what was submitted there is wanted no more */
  ownerLost: 7,
  /** lease id or actor id, ids, whether the whole worker is for it : the GPUs that it has, before anything runs with them */
  accelerators: 8,
  /** owner place, actor id, incarnation, lane, bound, orders : in that lane none comes below the bound but these and those that have come */
  skip: 9,
} as const;

export const SchedulerOp = {
  /** owner place, template number, task sequence, form, data, needs, flags; from a worker that gives it back, true */
  submit: 1,
  /** template number, attachment index */
  batch: 2,
  /** lease id : nothing left to run under it */
  idle: 3,
  /** lease id : all that runs under it awaits objects */
  blocked: 4,
  /** lease id */
  unblocked: 5,
  /** lease id : returned after revocation */
  returned: 6,
  /** lease id : revoked, and kept until what runs under it has ended */
  kept: 7,
  /** owner place, template number, attachment index : a batch that another node's scheduler sends on */
  spilled: 8,
  /** scheduling class, count : so many of the tasks that were sent on have been given to workers */
  taken: 9,
  /** owner place, task sequence, flags : a worker of the sender's node has given the task back to the scheduler there */
  moved: 10,
  /** owner place, scheduling class, lease id, worker place, attempt : as `CallerOp.lease`, for an owner on this node */
  lent: 11,
  /** owner place, lease id, worker place : as `CallerOp.leaseEnded` */
  leaseEnded: 12,
  /** lease id, and the attempt that its lessee has pushed there last, if that has not ended : its lessee pushes nothing there any more */
  relinquished: 13,
  /** lease id : nothing left to run under it, and its lessee pushes nothing there any more */
  handedBack: 14,
  /** lease id : it was ended by the scheduler, and nothing is on its way from its lessee to its worker any more */
  acknowledged: 15,
} as const;

export const ActorsOp = {
  /** actor id, incarnation, envelope for its host : from a caller that does not know the actor's place */
  relay: 1,
} as const;

/** Flags of a task; the bits above them count the attempts that came before this one. */
export const TaskFlag = {
  /** Its result is referred to outside the owner's thread: send it to the object manager too. */
  shared: 1,
  /** It is not the first attempt. */
  retry: 2,
} as const;

/** In place of an actor call's order in its lane: it is alone in it, and goes when its arguments are there. */
export const OUT_OF_ORDER = -1;

/** Where the count of attempts begins among the flags of a task. */
export const ATTEMPT_SHIFT = 8;

/** One attempt at a task: its owner's number for it, and how many attempts came before. What is said of another is old. */
export type Attempt = readonly [sequence: number, before: number];

/** How many attempts came before, by a task's flags. */
export function attemptIn(flags: number): number {
  return flags >> ATTEMPT_SHIFT;
}
