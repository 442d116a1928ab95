import { describe, expect, test } from "bun:test";
import * as errors from "../../../runtime/errors/mod.ts";
import { errorClasses } from "../../../runtime/errors/registry.ts";

const NAMED_IN_THE_API = [
  "TaskError",
  "TaskCancelledError",
  "WorkerCrashedError",
  "ActorDiedError",
  "ActorUnavailableError",
  "ActorNotFoundError",
  "ActorNameTakenError",
  "ObjectLostError",
  "ObjectReconstructionFailedError",
  "OwnerDiedError",
  "ObjectFreedError",
  "ObjectFetchTimedOutError",
  "ObjectStoreFullError",
  "OutOfMemoryError",
  "OutOfDiskError",
  "GetTimeoutError",
  "PendingCallsLimitExceededError",
  "TaskUnschedulableError",
  "ActorUnschedulableError",
  "PlacementGroupError",
  "RuntimeEnvSetupError",
  "NodeDiedError",
  "FunctionNotFoundError",
  "SerializationError",
  "AuthenticationError",
  "ProtocolError",
  "ClusterUnavailableError",
  "AlreadyInitializedError",
  "NotInitializedError",
];

describe("the vocabulary", () => {
  test("has every class the public API names", () => {
    const registered = new Set(errorClasses().map((errorClass) => errorClass.name));
    for (const name of NAMED_IN_THE_API) {
      expect(Object.keys(errors)).toContain(name);
      expect(registered.has(name)).toBe(true);
    }
  });

  test("gives each class one code, its name in capitals with or without the closing _ERROR", () => {
    const codes = errorClasses().map((errorClass) => errorClass.code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const { name, code } of errorClasses()) {
      const capitals = name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
      expect([capitals, capitals.replace(/_ERROR$/, "")]).toContain(code);
    }
  });
});

describe("an error", () => {
  test("carries its fields as properties, and its name where console and JSON do not repeat it", () => {
    const error = new errors.SerializationError({
      path: "args[0].socket",
      reason: "a Socket is bound to this process",
    });
    expect(error).toBeInstanceOf(errors.MobulaError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("SerializationError");
    expect(Object.keys(error).sort()).toEqual(["code", "path", "reason"]);
    expect(error.message).toContain("args[0].socket");
    expect("cause" in error).toBe(false);
  });

  test("says what to do next", () => {
    expect(new errors.NotInitializedError().message).toContain("await init()");
    expect(new errors.AlreadyInitializedError().message).toContain("ignoreReinitError");
    expect(new errors.GetTimeoutError({ timeoutMs: 50, objectIds: ["o1"] }).message).toContain("Ref o1 was not ready after 50 ms");
    expect(new errors.GetTimeoutError({ timeoutMs: 50, objectIds: ["o1"], pending: 3, total: 9 }).message).toContain("3 of 9 refs");
    expect(new errors.ActorNameTakenError({ actorName: "db" }).message).toContain("getIfExists");
    expect(new errors.ObjectStoreFullError({ requestedBytes: 3 * 1024 ** 3 }).message).toContain("3 GiB");
    expect(new errors.TaskCancelledError({ reason: "timeout", timeoutMs: 10, functionName: "f" }).message).toContain("after 10 ms");
    expect(new errors.PlacementGroupError({ reason: "removed", placementGroupName: "pg" }).message).toContain("was removed");
  });

  test("about a missing function names the free variables and three ways to mend it", () => {
    const error = new errors.FunctionNotFoundError({
      functionName: "scale",
      freeNames: ["factor", "table"],
      moduleUrl: "file:///app.ts",
    });
    for (const part of ['"scale"', '"factor", "table"', "file:///app.ts", "captures", "module", "self-contained"]) {
      expect(error.message).toContain(part);
    }
  });

  test("of an object keeps Ray's family tree", () => {
    for (const Kind of [errors.ObjectFreedError, errors.OwnerDiedError, errors.ObjectReconstructionFailedError]) {
      const error = new Kind({ objectId: "o1", functionName: "load" });
      expect(error).toBeInstanceOf(errors.ObjectLostError);
      expect(error.code).toBe(Kind.code);
      expect(error.message).toContain('Object o1, made by "load"');
    }
  });
});

describe("TaskError", () => {
  test("keeps the original as its cause and shows the stack of where it was thrown", () => {
    const cause = new RangeError("boom");
    cause.stack = "RangeError: boom\n    at remoteFrame (file:///user.ts:3:9)\n    at run (file:///user.ts:9:1)";
    const error = new errors.TaskError({ cause, functionName: "square", taskId: "t1", workerId: "w1", nodeId: "n1" });
    expect(error.cause).toBe(cause);
    expect(error.message).toBe('Task "square" failed with RangeError: boom (task t1, worker w1, node n1)');
    expect(error.stack).toBe(`TaskError: ${error.message}\n    at remoteFrame (file:///user.ts:3:9)\n    at run (file:///user.ts:9:1)`);
  });

  test("takes whatever was thrown", () => {
    expect(new errors.TaskError({ cause: "a string" }).message).toContain("failed with a string");
    expect(new errors.TaskError({ cause: undefined }).message).toContain("undefined");
    expect(new errors.TaskError({ cause: { a: 1 } }).message).toContain('{"a":1}');
  });

  test("says what to do about a name that the function's module does not have", () => {
    const thrown = (): unknown => {
      try {
        return new Function("return factorr")();
      } catch (error) {
        return error;
      }
    };
    expect(new errors.TaskError({ functionName: "f", cause: thrown() }).message).toBe(
      'Task "f" failed with ReferenceError: factorr is not defined. Declare or import factorr at the top level of the ' +
        "function's module, pass it as an argument, or name it in the option captures.",
    );
  });
});

describe("an error about a death", () => {
  const death: errors.Death = {
    cause: "uncaught",
    workerId: "w7",
    nodeId: "n2",
    pid: 4711,
    exitCode: 70,
    lastLogs: ["loading", "out of cheese"],
    error: new TypeError("x is not a function"),
  };

  test("names the worker, the node, the cause, the exit code and the last log lines", () => {
    const error = new errors.WorkerCrashedError({ death, functionName: "load", taskId: "t1" });
    for (const part of [
      "Worker w7 died",
      "node n2",
      "pid 4711",
      "exit code 70",
      "escaped",
      "TypeError: x is not a function",
      'task "load"',
      "out of cheese",
      "maxRetries",
    ]) {
      expect(error.message).toContain(part);
    }
    expect(error.cause).toBe(death.error);
    expect(error.death).toEqual({ ...death, error: undefined } as errors.Death);
  });

  test("is made for actors, nodes and memory alike", () => {
    const actor = new errors.ActorDiedError({ death, actorId: "a1", className: "Counter", actorName: "c" });
    expect(actor.message).toContain('Actor Counter "c" (id a1) died');
    expect(actor.cause).toBe(death.error);
    expect(new errors.NodeDiedError({ death: { cause: "unresponsive", nodeId: "n9" } }).message).toContain("Node n9 died: it stopped answering");
    const memory = new errors.OutOfMemoryError({
      death: { cause: "out-of-memory", workerId: "w1" },
      usedBytes: 2 ** 30,
      limitBytes: 2 ** 31,
    });
    expect(memory.message).toContain("1 GiB of 2 GiB");
    expect("cause" in memory).toBe(false);
  });
});
