import { Buffer } from "node:buffer";
import type { Attachment, Frame, Link, LinkEvents } from "./link.ts";

/** A message port as both runtimes have it: the keep-alive calls are there only after Node's module is loaded. */
interface KeepAlivePort extends MessagePort {
  ref?(): void;
  unref?(): void;
}

type WholeFrame = [to: number, from: number, bytes: Uint8Array, ...attachments: Attachment[]];
/** A text is the bytes of a small frame between the same places as the frame before it; null is the link's end. */
type Wire = WholeFrame | string | null;

/**
 * A link over a `MessagePort`: the bytes are copied by structured clone, shared memory is shared, ports are moved.
 *
 * Small frames cross as text, a character a byte: both engines clone a string two to four microseconds cheaper than an
 * array with bytes in it, which is a quarter of a round trip.
 */
export function messagePortLink(port: MessagePort, events: LinkEvents): Link {
  const endpoint = port as KeepAlivePort;
  let open = true;
  let kept = false;
  let releasing = false;
  let sentTo = -1;
  let sentFrom = -1;
  let receivedTo = -1;
  let receivedFrom = -1;
  /** Where a port that was let go holds on again after each message: lets go again, a little later. */
  const release = (): void => {
    if (!portsHoldOn || releasing) return;
    releasing = true;
    setTimeout(() => {
      releasing = false;
      if (kept || !open) return;
      endpoint.ref?.();
      endpoint.unref?.();
    }, RELEASE_MS);
  };
  port.onmessage = (event: MessageEvent<Wire>) => {
    const wire = event.data;
    if (!open) return;
    if (wire === null) {
      open = false;
      port.close();
      events.onClose?.("the other side closed the link");
      return;
    }
    if (!kept) release();
    if (typeof wire === "string") {
      events.onFrame({ to: receivedTo, from: receivedFrom, bytes: bytesOf(wire), attachments: NO_ATTACHMENTS });
      return;
    }
    [receivedTo, receivedFrom] = wire;
    const attachments = wire.length > 3 ? (wire.slice(3) as Attachment[]) : NO_ATTACHMENTS;
    events.onFrame({ to: wire[0], from: wire[1], bytes: wire[2], attachments });
  };
  endpoint.unref?.();
  return {
    send(frame: Frame): void {
      if (!open) return;
      const { to, from, bytes, attachments } = frame;
      if (attachments.length > 0) {
        const ports = attachments.filter((a): a is MessagePort => !(a instanceof SharedArrayBuffer));
        port.postMessage([to, from, bytes, ...attachments], ports);
      } else if (to === sentTo && from === sentFrom && bytes.byteLength <= MAX_TEXT_BYTES) {
        port.postMessage(textOf(bytes));
        return;
      } else port.postMessage([to, from, bytes]);
      sentTo = to;
      sentFrom = from;
    },
    close(): void {
      if (!open) return;
      open = false;
      port.postMessage(null);
      port.close();
    },
    keepAlive(on: boolean): void {
      kept = on;
      if (on) endpoint.ref?.();
      else endpoint.unref?.();
    },
  };
}

/** Deno 2.9: a port that was unref'ed keeps the process alive again once it has received a message. */
let portsHoldOn = false;
const RELEASE_MS = 5;

/** Says that this runtime's ports must be let go of again after messages. */
export function releasePortsRepeatedly(): void {
  portsHoldOn = true;
}

/** Longer frames cross as they are: in Deno the reading of a text costs a nanosecond a byte. */
const MAX_TEXT_BYTES = 256;

/** Works on any bytes, and unlike a Buffer made of them does not ask for their ArrayBuffer, which small arrays lack. */
const latin1Slice = (Buffer.prototype as unknown as { latin1Slice(this: Uint8Array): string }).latin1Slice;

function textOf(bytes: Uint8Array): string {
  return latin1Slice.call(bytes);
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const NO_ATTACHMENTS: readonly Attachment[] = [];
