import type { Attachment, Frame, Link, LinkEvents } from "./link.ts";

/** A message port as both runtimes have it: the keep-alive calls are there only after Node's module is loaded. */
interface KeepAlivePort extends MessagePort {
  ref?(): void;
  unref?(): void;
}

type Wire = [to: number, from: number, bytes: Uint8Array, ...attachments: Attachment[]];

/** A link over a `MessagePort`: the bytes are copied by structured clone, shared memory is shared, ports are moved. */
export function messagePortLink(port: MessagePort, events: LinkEvents): Link {
  const endpoint = port as KeepAlivePort;
  let open = true;
  let kept = false;
  let releasing = false;
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
    const attachments = wire.length > 3 ? (wire.slice(3) as Attachment[]) : NO_ATTACHMENTS;
    events.onFrame({ to: wire[0], from: wire[1], bytes: wire[2], attachments });
  };
  endpoint.unref?.();
  return {
    send(frame: Frame): void {
      if (!open) return;
      if (frame.attachments.length === 0) {
        port.postMessage([frame.to, frame.from, frame.bytes]);
        return;
      }
      const ports = frame.attachments.filter((a): a is MessagePort => !(a instanceof SharedArrayBuffer));
      port.postMessage([frame.to, frame.from, frame.bytes, ...frame.attachments], ports);
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

const NO_ATTACHMENTS: readonly Attachment[] = [];
