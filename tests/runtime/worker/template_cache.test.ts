import { expect, test } from "bun:test";
import type { FunctionsContract } from "../../../runtime/contracts/mod.ts";
import { placeId, type Remote } from "../../../runtime/kernel/mod.ts";
import { functionId } from "../../../runtime/tasks/mod.ts";
import { TemplateCache } from "../../../runtime/worker/mod.ts";

test("templates are fetched once, and forgotten with the place or the node that they are of", async () => {
  const asked: string[] = [];
  const table = {
    template: async (owner: number, number: number) => {
      asked.push(`template ${owner}.${number}`);
      return { owner, number, kind: "task", functionId: functionId("f", 3), options: { resources: {} } };
    },
    function: async (id: string) => {
      asked.push(`function ${id}`);
      return { id };
    },
  } as unknown as Remote<FunctionsContract>;
  const cache = new TemplateCache({ table, materialise: async () => () => 1, place: placeId(1, 2), own: { own: () => undefined } });
  const [one, other] = [placeId(3, 1), placeId(3, 2)];
  const use = async (): Promise<string[]> => {
    asked.length = 0;
    await cache.task(one, 0);
    await cache.task(one, 0);
    await cache.task(other, 0);
    return [...asked];
  };
  expect(await use()).toEqual([`template ${one}.0`, "function f@3", `template ${other}.0`]);
  expect(await use()).toEqual([]);
  cache.forget(other);
  expect(await use()).toEqual([`template ${other}.0`]);
  cache.forget(placeId(4, 0));
  expect(await use()).toEqual([]);
  cache.forget(placeId(3, 0));
  expect(await use()).toEqual([`template ${one}.0`, "function f@3", `template ${other}.0`]);
});

test("functions are kept no longer than templates: of very many, each made for itself, a bounded number", async () => {
  const asked = new Map<string, number>();
  const table = {
    template: async (owner: number, number: number) => ({
      owner,
      number,
      kind: "task",
      functionId: functionId(`f${number}`, 3),
      options: { resources: {} },
    }),
    function: async (id: string) => {
      asked.set(id, (asked.get(id) ?? 0) + 1);
      return { id };
    },
  } as unknown as Remote<FunctionsContract>;
  const cache = new TemplateCache({ table, materialise: async () => () => 1, place: placeId(1, 2), own: { own: () => undefined } });
  for (let number = 0; number < 5_000; number++) await cache.task(placeId(3, 1), number);
  await cache.task(placeId(3, 1), 0);
  await cache.task(placeId(3, 1), 4_999);
  expect([asked.get(functionId("f0", 3)), asked.get(functionId("f4999", 3))]).toEqual([2, 1]);
});
