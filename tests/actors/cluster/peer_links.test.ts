import { describe, expect, test } from "bun:test";
import { type Dial, PeerLinks, type PeerLinksOptions } from "../../../actors/cluster/peer_links.ts";
import { type Frame, type Link, type LinkEvents, Slice } from "../../../net/mod.ts";

/** A link that keeps what is sent on it. */
class FakeLink implements Link {
  readonly sent: Frame[] = [];
  isClosed = false;
  send(frame: Frame): void {
    this.sent.push(frame);
  }
  close(): void {
    this.isClosed = true;
  }
  keepAlive(): void {}
}

const frame = (attachments: Slice[] = []): Frame => ({ to: 2, from: 1, bytes: new Uint8Array(1), attachments });
const never: Dial = () => new Promise(() => {});

function setUp(options: Partial<PeerLinksOptions> = {}): { links: PeerLinks; broken: string[] } {
  const broken: string[] = [];
  const links = new PeerLinks({
    dial: never,
    receive: () => {},
    refuses: () => undefined,
    unknown: () => {},
    greet: () => {},
    replaced: () => {},
    broken: (node, reason) => void broken.push(`${node}: ${reason}`),
    ...options,
  });
  return { links, broken };
}

describe("links to other nodes", () => {
  test("let go of a part of a large value that goes to a node that is gone", () => {
    const { links } = setUp();
    let released = 0;
    const part = (): Frame => frame([new Slice(new Uint8Array(8), () => released++)]);
    const link = links.to(7);
    link.send(part());
    links.lost(7);
    expect(released).toBe(1);
    link.send(part());
    links.to(7).send(part());
    expect(released).toBe(3);
  });

  test("to nodes that are gone are one, which leads nowhere", () => {
    const { links } = setUp();
    for (const node of [7, 8]) {
      links.to(node).send(frame());
      links.lost(node);
    }
    expect(links.to(7)).toBe(links.to(8));
    const late = new FakeLink();
    links.accept(7, late).onFrame(frame());
    expect([late.isClosed, late.sent]).toEqual([true, []]);
  });

  test("that were accepted count from their first frame: one that was given up before is no loss", () => {
    const { links, broken } = setUp();
    const [givenUp, used] = [new FakeLink(), new FakeLink()];
    const events: LinkEvents[] = [links.accept(7, givenUp), links.accept(7, used)];
    links.to(7).send(frame());
    expect([givenUp.sent.length, used.sent.length]).toEqual([0, 0]);
    events[1]?.onFrame(frame());
    expect([givenUp.sent.length, used.sent.length]).toEqual([0, 1]);
    events[0]?.onClose?.("the other side closed the link");
    expect(broken).toEqual([]);
    events[1]?.onClose?.("the other side closed the link");
    expect(broken).toEqual(["7: the other side closed the link"]);
  });

  test("that break as they are made are told of: what was sent on them may be lost", async () => {
    const dial: Dial = async (_peer, events) => {
      events.onClose?.("reset");
      return new FakeLink();
    };
    const { links, broken } = setUp({ dial });
    links.known([{ node: 7, nodeId: "seven", url: "" }]);
    links.to(7).send(frame());
    await Promise.resolve();
    await Promise.resolve();
    expect(broken).toEqual(["7: reset"]);
  });

  test("that are opened for large values to come say so to the other side at once", async () => {
    const [first, forBulk] = [new FakeLink(), new FakeLink()];
    const greeted: Link[] = [];
    const { links } = setUp({ dial: async () => forBulk, greet: (_node, link) => void greeted.push(link) });
    links.accept(7, first).onFrame(frame());
    links.known([{ node: 7, nodeId: "seven", url: "" }]);
    links.expectBulk(7);
    await Promise.resolve();
    expect(greeted).toEqual([forBulk]);
  });

  test("to a head that are not needed any more are closed, and that is no loss", async () => {
    const made = new FakeLink();
    let events: LinkEvents | undefined;
    const { links, broken } = setUp({
      dial: async (_peer, of) => {
        events = of;
        return made;
      },
    });
    const tie = await links.redial({ node: 7, nodeId: "", url: "" });
    tie.drop();
    events?.onClose?.("closed");
    expect([made.isClosed, broken]).toEqual([true, []]);
  });
});
