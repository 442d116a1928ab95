import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FOLD_WINDOW_MS, LineReader, LogFolder, writeRecord } from "../../actors/logs/mod.ts";
import type { Clock } from "../../runtime/kernel/mod.ts";

/** A clock that stands still until it is moved. */
class ManualClock implements Clock {
  #now = 0;
  #timers: { at: number; action: () => void }[] = [];
  now(): number {
    return this.#now;
  }
  after(delayMs: number, action: () => void): () => void {
    const timer = { at: this.#now + delayMs, action };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((other) => other !== timer));
  }
  soon(action: () => void): void {
    this.after(0, action);
  }
  pass(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { action } of due) action();
  }
}

function folder() {
  const clock = new ManualClock();
  const printed: string[] = [];
  const logs = new LogFolder({
    clock,
    print: (stream, line) => void printed.push(stream === "stderr" ? `! ${line}` : line),
  });
  const add = (source: string, line: string, stream: "stdout" | "stderr" = "stdout"): void =>
    logs.add(stream, line, { label: `f ${source}`, source });
  return { clock, printed, logs, add };
}

describe("identical lines", () => {
  test("from several workers are folded into one and a count when the window closes", () => {
    const { clock, printed, add } = folder();
    for (const source of ["w1", "w2", "w3", "w2"]) add(source, "loading");
    expect(printed).toEqual(["(f w1) loading"]);
    clock.pass(FOLD_WINDOW_MS);
    expect(printed).toEqual(["(f w1) loading", "(f w1) loading [repeated 3x by 2 other workers]"]);
  });

  test("from one other worker say so", () => {
    const { clock, printed, add } = folder();
    add("w1", "x");
    add("w2", "x");
    clock.pass(FOLD_WINDOW_MS);
    expect(printed.at(-1)).toBe("(f w1) x [repeated 1x by another worker]");
  });

  test("from the same worker are all printed", () => {
    const { clock, printed, add } = folder();
    for (let i = 0; i < 3; i++) add("w1", "tick");
    clock.pass(FOLD_WINDOW_MS);
    expect(printed).toEqual(["(f w1) tick", "(f w1) tick", "(f w1) tick"]);
  });

  test("in a later window begin anew", () => {
    const { clock, printed, add } = folder();
    add("w1", "again");
    clock.pass(FOLD_WINDOW_MS);
    add("w2", "again");
    expect(printed).toEqual(["(f w1) again", "(f w2) again"]);
  });

  test("on the two streams are not the same", () => {
    const { printed, add } = folder();
    add("w1", "x");
    add("w2", "x", "stderr");
    expect(printed).toEqual(["(f w1) x", "! (f w2) x"]);
  });

  test("are told of at the end, before the window closes", () => {
    const { printed, add, logs } = folder();
    add("w1", "x");
    add("w2", "x");
    logs.flush();
    logs.flush();
    expect(printed).toEqual(["(f w1) x", "(f w1) x [repeated 1x by another worker]"]);
  });

  test("of very many kinds are printed all the same", () => {
    const { printed, add } = folder();
    for (let i = 0; i < 3_000; i++) add("w1", `line ${i}`);
    expect(printed.length).toBe(3_000);
  });
});

describe("a child process's streams", () => {
  test("give the same lines with their labels however they are cut", () => {
    const text = fc.string({ maxLength: 20 }).filter((each) => !/[\x1e\x1f]/.test(each));
    const label = text.filter((each) => !each.includes("\n"));
    fc.assert(
      fc.property(fc.array(fc.tuple(label, text), { maxLength: 10 }), fc.infiniteStream(fc.integer({ min: 1, max: 7 })), (records, cuts) => {
        const stream = records.map(([name, each]) => writeRecord(name, each)).join("");
        const reader = new LineReader();
        const lines = [];
        for (let at = 0; at < stream.length; ) {
          const size = cuts.next().value as number;
          lines.push(...reader.push(stream.slice(at, at + size)));
          at += size;
        }
        lines.push(...reader.end());
        expect(lines).toEqual(records.flatMap(([name, each]) => each.split("\n").map((line) => ({ label: name, line }))));
      }),
    );
  });

  test("may hold lines that no console wrote, the last without an end", () => {
    const reader = new LineReader();
    expect(reader.push("native\nlast wor")).toEqual([{ label: "", line: "native" }]);
    expect(reader.push("ds")).toEqual([]);
    expect(reader.end()).toEqual([{ label: "", line: "last words" }]);
    expect(reader.end()).toEqual([]);
  });

  test("are not kept without bound when no line ends", () => {
    const reader = new LineReader();
    let told = 0;
    for (let i = 0; i < 100; i++) told += reader.push("x".repeat(10_000)).reduce((sum, { line }) => sum + line.length, 0);
    expect(told).toBeGreaterThan(900_000);
  });
});
