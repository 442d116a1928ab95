import { registerSerializer } from "../../mod.ts";

/** A class that both sides import, with a serializer of its own. */
export class Point {
  readonly x: number;
  readonly y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }

  length(): number {
    return Math.hypot(this.x, this.y);
  }
}

registerSerializer(Point, {
  serialize: ({ x, y }) => [x, y],
  deserialize: ([x, y]: number[]) => new Point(x as number, y as number),
});

/** Refuses to travel. */
export class Secret {
  readonly value = 1;
}

registerSerializer(Secret, {
  serialize: () => {
    throw new Error("this one stays");
  },
  deserialize: () => new Secret(),
});
