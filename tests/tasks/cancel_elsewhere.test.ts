import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ActorHandle, cancel, get, init, type ObjectRef, put, remote, shutdown, TaskCancelledError } from "../../mod.ts";
import { rejection } from "../rejection.ts";
import { type Gate, GateActor } from "./gate.ts";
import { deaf, items, obedient, PatientActor, pair } from "./patient.ts";

beforeAll(() => init({ numCpus: 3 }));
afterAll(() => shutdown());

/** Cancels a ref that it did not make; in a list it comes as a ref. */
const canceller = remote(([ref]: ObjectRef<unknown>[], force: boolean) => {
  cancel(ref as ObjectRef<unknown>, { force });
});

const identity = remote((x: unknown) => x);

async function cancelled(ref: ObjectRef<unknown>): Promise<void> {
  expect(await rejection(get(ref))).toBeInstanceOf(TaskCancelledError);
}

describe("cancel of a ref that another place made", () => {
  test("ends the task, which hears of it", async () => {
    const gate = GateActor.remote();
    const ref = obedient.remote(gate);
    await get(gate.arrived.remote(1));
    await get(canceller.remote([ref], false));
    await cancelled(ref);
    await get(gate.arrived.remote(2));
    expect(await get(gate.read.remote())).toEqual(["started", "cancelled"]);
  });

  test("works for any of several results, and for the end of a generator", async () => {
    const gate = GateActor.remote();
    const [first, second] = pair.remote(gate) as unknown as [ObjectRef, ObjectRef];
    await get(gate.arrived.remote(1));
    await get(canceller.remote([second], false));
    await cancelled(first);
    await cancelled(second);
    const generator = items.remote(gate);
    await get(gate.arrived.remote(3));
    await get(canceller.remote([generator.completed()], false));
    await cancelled(generator.completed());
    await get(gate.arrived.remote(4));
  });

  test("with force ends a task that does not listen", async () => {
    const gate = GateActor.remote();
    const ref = deaf.remote(gate);
    await get(gate.arrived.remote(1));
    await get(canceller.remote([ref], true));
    await cancelled(ref);
  });

  test("stops an actor call and, force or not, leaves the actor alive", async () => {
    const gate = GateActor.remote();
    const actor = PatientActor.remote();
    const ref = actor.wait.remote(gate);
    await get(gate.arrived.remote(1));
    await get(canceller.remote([ref], true));
    await cancelled(ref);
    expect(await get(actor.hello.remote())).toBe("hello");
  });

  test("does nothing to what has ended, was put, or was made by the driver before", async () => {
    const made = identity.remote(1);
    const kept = put({ some: "value" });
    await get(made);
    await get([canceller.remote([made], true), canceller.remote([kept], true)]);
    await get(identity.remote(0));
    expect(await get(made)).toBe(1);
    expect(await get(kept)).toEqual({ some: "value" });
  });

  test("reaches a task that a worker submitted, from the driver and from another worker", async () => {
    const gate = GateActor.remote();
    const starts = remote(async (to: ActorHandle<Gate>) => [obedient.remote(to)]);
    const [ref] = await get(starts.remote(gate));
    await get(gate.arrived.remote(1));
    cancel(ref as ObjectRef);
    await cancelled(ref as ObjectRef);
    await get(gate.arrived.remote(2));
    const [other] = await get(starts.remote(gate));
    await get(gate.arrived.remote(3));
    await get(canceller.remote([other as ObjectRef], false));
    await cancelled(other as ObjectRef);
    await get(gate.arrived.remote(4));
  });
});
