import { describe, expect, test } from "bun:test";
import { actorId, HEAD_PLACE, objectId, placeId } from "../../../runtime/kernel/mod.ts";
import { homeOf } from "../../../runtime/references/mod.ts";

describe("the home of an id", () => {
  test("is the manager of its owner's node; of an actor, whoever made it, the head's", () => {
    expect(homeOf(objectId(placeId(7, 3), 5))).toBe(placeId(7, 0));
    expect(homeOf(`${objectId(placeId(7, 3), 5)}.12`)).toBe(placeId(7, 0));
    expect(homeOf(actorId(placeId(7, 3), 5))).toBe(HEAD_PLACE);
  });
});
