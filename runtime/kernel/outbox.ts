import type { Attachment, Frame, Link } from "../../net/mod.ts";
import { encodeBatch } from "../../net/mod.ts";
import type { Envelope } from "./envelope.ts";
import type { PlaceId } from "./ids.ts";

/** What is to be sent to one place, gathered until the end of the turn and sent as one frame. */
export class Outbox {
  readonly to: PlaceId;
  readonly #from: PlaceId;
  #link: Link;
  #envelopes: Envelope[] = [];
  #attachments: Attachment[] = [];

  constructor(to: PlaceId, from: PlaceId, link: Link) {
    this.to = to;
    this.#from = from;
    this.#link = link;
  }

  /** Sends what waits over the old link, so that order is kept, then uses `link`. */
  reroute(link: Link): void {
    this.flush();
    this.#link = link;
  }

  uses(link: Link): boolean {
    return this.#link === link;
  }

  push(envelope: Envelope): void {
    this.#envelopes.push(envelope);
  }

  /** Adds something that travels beside the bytes; the index stands for it in the envelopes of this frame. */
  attach(attachment: Attachment): number {
    return this.#attachments.push(attachment) - 1;
  }

  flush(): void {
    if (this.#envelopes.length === 0) return;
    const envelopes = this.#envelopes;
    const attachments = this.#attachments;
    this.#envelopes = [];
    if (attachments.length > 0) this.#attachments = [];
    const frame: Frame = { to: this.to, from: this.#from, bytes: encodeBatch(envelopes), attachments };
    this.#link.send(frame);
  }
}
