import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  ActorDiedError,
  fromWire,
  isMobulaError,
  MobulaError,
  ObjectFreedError,
  ObjectLostError,
  TaskCancelledError,
  TaskError,
  toWire,
  type WireError,
} from "../../../runtime/errors/mod.ts";
import { type ErrorClass, errorClasses } from "../../../runtime/errors/registry.ts";

const SAMPLE = {
  objectId: "o1",
  reason: "because",
  path: "p",
  functionName: "f",
  actorName: "n",
  timeoutMs: 5,
  death: { cause: "exit", exitCode: 3 },
};

function make(errorClass: ErrorClass): MobulaError {
  return Reflect.construct(errorClass as unknown as typeof MobulaError, [SAMPLE]);
}

describe("the wire form", () => {
  test("brings every class back whole: class, name, code, message, stack, fields", () => {
    for (const errorClass of errorClasses()) {
      const error = make(errorClass);
      const back = fromWire(structuredClone(toWire(error)));
      expect(Object.getPrototypeOf(back)).toBe(errorClass.prototype);
      expect(back.name).toBe(errorClass.name);
      expect(back.code).toBe(errorClass.code);
      expect(back.message).toBe(error.message);
      expect(back.stack).toBe(error.stack as string);
      expect({ ...back }).toEqual({ ...error });
      expect(Object.keys(back)).not.toContain("stack");
    }
  });

  test("keeps subclass relations and hands on the cause", () => {
    const freed = fromWire(toWire(new ObjectFreedError({ objectId: "o1" })));
    expect(freed).toBeInstanceOf(ObjectFreedError);
    expect(freed).toBeInstanceOf(ObjectLostError);
    const cause = new RangeError("boom");
    const task = fromWire(toWire(new TaskError({ cause, functionName: "f" })));
    expect(task.cause).toBe(cause);
    expect(task.stack).toContain("at ");
    expect("cause" in freed).toBe(false);
  });

  test("degrades an unknown name to MobulaError and keeps its name, code and fields", () => {
    const back = fromWire(["FutureError", "from tomorrow", undefined, { code: "FUTURE", shard: 3 }, undefined]);
    expect(Object.getPrototypeOf(back)).toBe(MobulaError.prototype);
    expect(back.name).toBe("FutureError");
    expect(back.code).toBe("FUTURE");
    expect(back).toMatchObject({ shard: 3, message: "from tomorrow" });
  });

  test("lets no field from outside replace what the class has", () => {
    const fields = JSON.parse('{"__proto__":{"evil":1},"message":"m2","stack":"s2","toString":"t","constructor":"c","code":"NOT_MINE","ok":1}');
    const back = fromWire(["GetTimeoutError", "m", "s", fields, undefined]);
    expect(back.message).toBe("m");
    expect(back.stack).toBe("s");
    expect(back.code).toBe("GET_TIMEOUT");
    expect(typeof back.toString).toBe("function");
    expect((back as unknown as { evil?: number }).evil).toBeUndefined();
    expect(Object.keys(back).sort()).toEqual(["code", "ok"]);
  });

  test("never throws, whatever arrives", () => {
    fc.assert(
      fc.property(fc.tuple(fc.anything(), fc.anything(), fc.anything(), fc.anything(), fc.anything()), (parts) => {
        const text = parts.slice(0, 2).map((part) => (typeof part === "object" ? null : part));
        expect(fromWire([...text, ...parts.slice(2)] as unknown as WireError)).toBeInstanceOf(MobulaError);
      }),
      { numRuns: 200 },
    );
  });
});

describe("isMobulaError", () => {
  test("tells ours from others, and by code", () => {
    const error: unknown = fromWire(toWire(new TaskCancelledError({ reason: "cancelled" })));
    expect(isMobulaError(error)).toBe(true);
    expect(isMobulaError(error, "TASK_CANCELLED") && error.reason === "cancelled").toBe(true);
    expect(isMobulaError(error, "ACTOR_DIED")).toBe(false);
    for (const other of [new Error("x"), { code: "TASK_CANCELLED" }, null, undefined, "TASK_CANCELLED"]) {
      expect(isMobulaError(other)).toBe(false);
    }
  });

  test("holds for an error whose death record crossed", () => {
    const died = fromWire(structuredClone(toWire(new ActorDiedError({ death: { cause: "killed", workerId: "w1" } }))));
    expect(isMobulaError(died, "ACTOR_DIED") && died.death.workerId).toBe("w1");
  });
});
