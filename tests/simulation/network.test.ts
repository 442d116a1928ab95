import { describe, expect, test } from "bun:test";
import type { Frame, Link, LinkEvents } from "../../net/mod.ts";
import { Network, type NetworkNode, SeededRandom, VirtualTime } from "../../simulation/mod.ts";

/** Nodes that note what arrives. */
function lab(count: number) {
  const time = new VirtualTime();
  const network = new Network({ random: new SeededRandom(1), latencyMs: [1, 9], megabytesPerSecond: 1_000 });
  const seen: string[] = [];
  const got: Frame[] = [];
  const listener = (node: number, from: number): LinkEvents => ({
    onFrame: (arrived) => {
      got.push(arrived);
      seen.push(`${from}>${node}: ${arrived.bytes[0]}`);
    },
    onClose: (reason) => void seen.push(`${node} has lost ${from}: ${reason}`),
  });
  const nodes = Array.from({ length: count }, (_, index): NetworkNode => {
    return { node: index + 1, realm: time.realm("system"), takesLinks: true, accept: (from) => listener(index + 1, from) };
  });
  for (const node of nodes) network.attach(node);
  const dial = async (from: number, to: number): Promise<Link> => {
    let link: Link | undefined;
    void network.dial(nodes[from - 1] as NetworkNode, to, listener(from, to)).then((made) => {
      link = made;
    });
    await time.run(() => link !== undefined);
    return link as unknown as Link;
  };
  return { time, network, seen, got, dial };
}

const frame = (number: number): Frame => ({ to: 0, from: 0, bytes: new Uint8Array([number]), attachments: [] });

describe("a link between nodes", () => {
  test("keeps the order of frames; links overtake each other", async () => {
    const { time, seen, dial } = lab(3);
    const [near, far] = [await dial(1, 2), await dial(3, 2)];
    for (let i = 0; i < 20; i++) {
      near.send(frame(i));
      far.send(frame(i));
    }
    await time.run(() => seen.length === 40);
    const from = (node: number): string[] => seen.filter((line) => line.startsWith(`${node}>2`));
    expect(from(1)).toEqual(Array.from({ length: 20 }, (_, i) => `1>2: ${i}`));
    expect(from(3)).toEqual(Array.from({ length: 20 }, (_, i) => `3>2: ${i}`));
  });

  test("waits while a partition lasts, and loses nothing by it", async () => {
    const { time, network, seen, dial } = lab(2);
    const link = await dial(1, 2);
    network.partition([2]);
    link.send(frame(1));
    await time.pass(1_000);
    expect(seen).toEqual([]);
    link.send(frame(2));
    network.heal();
    await time.pass(20);
    expect(seen).toEqual(["1>2: 1", "1>2: 2"]);
  });

  test("that is cut loses what is on its way, and both sides hear of it", async () => {
    const { time, network, seen, dial } = lab(2);
    const link = await dial(1, 2);
    link.send(frame(1));
    network.cut(1, 2);
    link.send(frame(2));
    await time.pass(20);
    expect(seen.sort()).toEqual(["1 has lost 2: the connection was reset", "2 has lost 1: the connection was reset"]);
  });

  test("that is closed delivers first what was sent before", async () => {
    const { time, seen, dial } = lab(2);
    const link = await dial(1, 2);
    link.send(frame(1));
    link.close();
    await time.pass(20);
    expect(seen).toEqual(["1>2: 1", "2 has lost 1: the other side closed the link"]);
  });

  test("shares no memory with the other side", async () => {
    const { time, got, dial } = lab(2);
    const link = await dial(1, 2);
    const buffer = new SharedArrayBuffer(4);
    link.send({ ...frame(1), attachments: [buffer] });
    await time.run(() => got.length === 1);
    new Uint8Array(buffer).fill(7);
    expect([...new Uint8Array(got[0]?.attachments[0] as SharedArrayBuffer)]).toEqual([0, 0, 0, 0]);
  });
});
