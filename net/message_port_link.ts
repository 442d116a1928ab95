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
  port.onmessage = (event: MessageEvent<Wire>) => {
    const wire = event.data;
    if (!open) return;
    if (wire === null) {
      open = false;
      port.close();
      events.onClose?.("the other side closed the link");
      return;
    }
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
      if (on) endpoint.ref?.();
      else endpoint.unref?.();
    },
  };
}

const NO_ATTACHMENTS: readonly Attachment[] = [];
