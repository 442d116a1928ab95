import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { get, init, remote, shutdown } from "mobula";
import { Counter, flushMetrics, Gauge, Histogram, MAX_SERIES, metricsText, renderMetrics } from "mobula/util";
import { Series } from "../../util/metrics/series.ts";
import { until } from "./until.ts";

const count = remote((counter: Counter, amount: number) => {
  counter.inc(amount, { kind: "task" });
});

beforeAll(async () => {
  await init({ numCpus: 4 });
});
afterAll(shutdown);

async function line(start: string): Promise<string | undefined> {
  return (await metricsText()).split("\n").find((each) => each.startsWith(start));
}

describe("metrics", () => {
  test("a counter adds up what all tasks and the driver have counted", async () => {
    const counter = new Counter("test_calls_total", { description: "Calls.", tagKeys: ["kind"] });
    counter.inc(1, { kind: "driver" });
    await get([1, 2, 3, 4].map((amount) => count.remote(counter, amount)));
    await until(async () => (await line('test_calls_total{kind="task"}')) === 'test_calls_total{kind="task"} 10');
    expect(await line('test_calls_total{kind="driver"}')).toBe('test_calls_total{kind="driver"} 1');
    expect(await metricsText()).toContain("# HELP test_calls_total Calls.\n# TYPE test_calls_total counter\n");
  });

  test("a gauge keeps its last value", async () => {
    const gauge = new Gauge("test_level");
    gauge.set(5);
    await flushMetrics();
    gauge.set(3.5);
    expect(await line("test_level")).toBe("test_level 3.5");
  });

  test("a histogram counts into cumulated buckets", async () => {
    const histogram = new Histogram("test_latency", { boundaries: [1, 10], tagKeys: ["path"] }).setDefaultTags({
      path: "/",
    });
    for (const value of [0.5, 1, 5, 100]) histogram.observe(value);
    const text = await metricsText();
    for (const expected of [
      'test_latency_bucket{path="/",le="1"} 2',
      'test_latency_bucket{path="/",le="10"} 3',
      'test_latency_bucket{path="/",le="+Inf"} 4',
      'test_latency_sum{path="/"} 106.5',
      'test_latency_count{path="/"} 4',
    ]) {
      expect(text).toContain(`${expected}\n`);
    }
  });

  test("wrong use names what is wrong", () => {
    const counter = new Counter("test_wrong_total", { tagKeys: ["kind"] });
    expect(() => counter.inc(1)).toThrow(/"kind"/);
    expect(() => counter.inc(1, { kind: "a", other: "b" })).toThrow(/"other"/);
    expect(() => counter.inc(-1, { kind: "a" })).toThrow(/only grows/);
    expect(() => counter.inc(Number.NaN, { kind: "a" })).toThrow(/finite/);
    expect(() => new Gauge("1st")).toThrow(/1st/);
    expect(() => new Gauge("fine", { tagKeys: ["not-fine"] })).toThrow(/not-fine/);
    expect(() => new Histogram("h", { boundaries: [2, 1] })).toThrow(/ascending/);
    counter.inc(1, { kind: "a" });
    expect(() => new Gauge("test_wrong_total").set(1)).toThrow(/already a counter/);
  });
});

describe("rendering", () => {
  test("escapes what the format needs escaped, and sorts", () => {
    const series = new Series({ kind: "gauge", name: "g", description: "a\\b\nc", tagKeys: ["t"], boundaries: [] });
    series.record(['say "hi"\n'], 2);
    series.record(["a"], 1);
    expect(renderMetrics([{ definition: series.definition, samples: series.samples() }])).toBe(
      '# HELP g a\\\\b\\nc\n# TYPE g gauge\ng{t="a"} 1\ng{t="say \\"hi\\"\\n"} 2\n',
    );
  });

  test("a tag with endless values stays bounded, and nothing counted is lost", () => {
    const series = new Series({ kind: "counter", name: "c", description: "", tagKeys: ["id"], boundaries: [] });
    for (let id = 0; id < MAX_SERIES + 500; id++) series.record([`${id}`], 1);
    const samples = series.samples();
    expect(samples.length).toBe(MAX_SERIES + 1);
    expect(samples.reduce((total, sample) => total + sample.value, 0)).toBe(MAX_SERIES + 500);
    expect(samples.at(-1)).toEqual({ tagValues: ["overflow"], value: 500, buckets: [] });
  });
});
