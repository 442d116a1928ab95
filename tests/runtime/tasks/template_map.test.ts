import { expect, test } from "bun:test";
import fc from "fast-check";
import { placeId } from "../../../runtime/kernel/mod.ts";
import { TemplateMap } from "../../../runtime/tasks/mod.ts";

test("templates of any place of any node are told apart, also when very many nodes have come and gone", () => {
  const owner = fc
    .tuple(fc.integer({ min: 1, max: 2 ** 20 - 1 }), fc.integer({ min: 0, max: 2 ** 20 - 1 }))
    .map(([node, slot]) => placeId(node, slot));
  const key = fc.tuple(owner, fc.nat(1_000));
  fc.assert(
    fc.property(fc.uniqueArray(key, { selector: ([place, number]) => `${place}/${number}` }), fc.nat(), (keys, choice) => {
      const map = new TemplateMap<number>();
      for (const [index, [place, number]] of keys.entries()) map.set(place, number, index);
      for (const [index, [place, number]] of keys.entries()) expect(map.get(place, number)).toBe(index);
      const gone = keys[choice % Math.max(1, keys.length)];
      if (gone === undefined) return;
      map.delete(...gone);
      expect(map.get(...gone)).toBeUndefined();
      const left = keys.filter(([place, number]) => place === gone[0] && number !== gone[1]).length;
      expect(map.of(gone[0]).length).toBe(left);
    }),
  );
});
