import { afterEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import fc from "fast-check";
import { credentials } from "../../../actors/protocol/mod.ts";
import { encodeBatch, type Frame, piecesOf } from "../../../net/mod.ts";
import { ActorNumber, Kernel, placeId } from "../../../runtime/kernel/mod.ts";
import { faultWire } from "../../../runtime/values/mod.ts";
import { waitForCondition } from "../../../testing/mod.ts";
import { asNode, closeAll, dial, listen, listenForProcesses, socketTo, TOKEN } from "./lab.ts";

afterEach(closeAll);

const bytes = fc.uint8Array({ maxLength: 300 });
const path = fc.oneof(
  fc.constantFrom("/v1/node", "/v1/join", "/v1/nodes", "/v1/ask", "/healthz", "/place", "/", "/v1/", "/v1/%00"),
  fc.webPath().map((each) => each || "/"),
);
const header = fc.oneof(
  fc.constantFrom(
    ...Object.entries(asNode()),
    ["mobula-node", "-1"],
    ["mobula-node", "9e99"],
    ["mobula-protocol", "1"],
    ["upgrade", "websocket"],
    ["upgrade", "WebSocket"],
    ["connection", "Upgrade"],
    ["sec-websocket-version", "13"],
    ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ["sec-websocket-protocol", ",,"],
    ["origin", "https://example.com"],
    ["content-length", "99999999999"],
    ["content-length", "-3"],
    ["transfer-encoding", "chunked"],
    ["host", "example.com"],
  ),
  fc.tuple(fc.stringMatching(/^[a-z-]{1,20}$/), fc.stringMatching(/^[ -~]{0,60}$/)),
);
/** Whatever a program may write on a connection: a request, nearly one, or nothing like one. */
const said = fc.oneof(
  fc
    .record({ method: fc.constantFrom("GET", "POST", "PUT", "HEAD", "BREW"), path, headers: fc.array(header, { maxLength: 12 }), body: bytes })
    .map(({ method, path: at, headers, body }) => {
      const head = [`${method} ${at} HTTP/1.1`, "host: 127.0.0.1", ...headers.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
      return Buffer.concat([Buffer.from(head), body]);
    }),
  bytes.map((each) => Buffer.from(each)),
);

/** A frame of envelopes as nodes send them, or nearly. */
const frame = fc
  .record({
    to: fc.constantFrom(placeId(1, 0), placeId(1, 5), placeId(9, 0), 0),
    envelopes: fc.array(
      fc.oneof(fc.jsonValue(), fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 10, "answer", "fault", "link", "hello"), fc.jsonValue()))),
    ),
    attachments: fc.array(fc.nat(50), { maxLength: 3 }),
  })
  .map(({ to, envelopes, attachments }): Uint8Array => {
    const made: Frame = {
      to,
      from: placeId(3, 0),
      bytes: encodeBatch(envelopes),
      attachments: attachments.map((length) => new SharedArrayBuffer(length)),
    };
    return [...piecesOf(made)][0]?.slice() as Uint8Array;
  });
/** What a node that has the token may send on its socket: text, anything, frames, and frames cut or changed somewhere. */
const message = fc.oneof(
  fc.string(),
  bytes,
  frame,
  fc.tuple(frame, fc.nat()).map(([whole, at]) => whole.slice(0, at % whole.length)),
  fc.tuple(frame, fc.nat(), fc.nat(255)).map(([whole, at, value]) => {
    whole[at % whole.length] = value;
    return whole;
  }),
);

/** Says it, and takes whatever is answered until the other side ends, or has had its time to. */
function say(port: number, what: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(what));
    socket.once("close", () => resolve());
    socket.once("error", () => {});
    socket.once("data", () => socket.destroy());
    socket.setTimeout(50, () => socket.destroy());
    socket.resume();
  });
}

describe("whatever is sent, an endpoint goes on", () => {
  test("with those who have no token, and who speak HTTP or not", async () => {
    const node = await listen();
    const processes = await listenForProcesses();
    const { link } = await dial(node.endpoint.url);
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 8 }), async (all) => {
        const port = Number(new URL(node.endpoint.url).port);
        await Promise.all(all.flatMap((each) => [say(port, each), say(processes.endpoint.port, each)]));
        expect(await (await fetch(`${node.http}/healthz`)).text()).toBe("ok");
        link.send({ to: placeId(1, 0), from: placeId(2, 0), bytes: new Uint8Array(1), attachments: [] });
        await waitForCondition(() => node.frames.length === sent + 1);
        sent++;
      }),
      { numRuns: 60 },
    );
    const { url, token } = processes.endpoint.admit(7);
    expect(await socketTo(url, { authorization: `Bearer ${token}` }).opened).toBe(true);
    expect([...node.logged, ...processes.logged].every((line) => line.length < 300 && !line.includes("\n") && !line.includes(TOKEN))).toBe(true);
  }, 60_000);

  test("with nodes that have one, and send anything: a link ends, and nothing else does", async () => {
    const kernel = new Kernel({ place: placeId(1, 0), faults: faultWire, onFault: () => {} });
    let heard = 0;
    kernel.register(ActorNumber.cluster, { receive: () => void heard++ });
    const { endpoint, links, closed } = await listen({ onFrame: (each) => kernel.receive(each) });
    const { link } = await dial(endpoint.url);
    const good = new Kernel({ place: placeId(2, 0), faults: faultWire });
    good.connect(placeId(1, 0), link);
    let rounds = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 10 }), async (messages) => {
        const { socket, opened, closed: ended } = socketTo(`${endpoint.url}/v1/node`, asNode());
        expect(await opened).toBe(true);
        for (const each of messages) socket.send(each as Uint8Array<ArrayBuffer>);
        socket.close();
        await ended;
        good.send(placeId(1, 0), [ActorNumber.cluster, "here", 0]);
        const before = heard;
        await waitForCondition(() => heard > before);
        rounds++;
        await waitForCondition(() => closed.length === rounds && links.length === rounds + 1);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  test("a question that is no JSON, or none that it knows, is answered with what is wrong", async () => {
    const { http } = await listen({ ask: () => Promise.reject(new RangeError("no question that the head knows")) });
    const ask = async (body: BodyInit) => await fetch(`${http}/v1/ask`, { method: "POST", headers: credentials(TOKEN), body });
    expect((await ask("{")).status).toBe(409);
    const answer = await ask("{}");
    expect([answer.status, await answer.text()]).toEqual([409, "no question that the head knows"]);
  });
});
