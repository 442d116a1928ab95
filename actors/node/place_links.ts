import { type Frame, type Link, messagePortLink } from "../../net/mod.ts";
import { ActorNumber, type Kernel, type PlaceId } from "../../runtime/kernel/mod.ts";

/** The links of a system worker to the places of its node, and those that it makes between two of them. */
export class PlaceLinks {
  readonly #kernel: Kernel;
  readonly #channel: () => [MessagePort, MessagePort];
  readonly #places: Set<PlaceId> = new Set();
  /** Those that are threads, which can have links of their own to each other. */
  readonly #threads: Set<PlaceId> = new Set();
  readonly #connected: Set<string> = new Set();

  /** `channel` makes the two ends of a link between two threads. */
  constructor(kernel: Kernel, channel: () => [MessagePort, MessagePort]) {
    this.#kernel = kernel;
    this.#channel = channel;
  }

  get places(): Iterable<PlaceId> {
    return this.#places;
  }

  /** Takes in a thread's link. */
  thread(place: PlaceId, port: MessagePort): void {
    const link = messagePortLink(port, { onFrame: (frame: Frame) => this.#kernel.receive(frame) });
    link.keepAlive(true);
    this.#kernel.connect(place, link);
    this.#places.add(place);
    this.#threads.add(place);
  }

  process(place: PlaceId, link: Link): void {
    this.#kernel.connect(place, link);
    this.#places.add(place);
  }

  /** Makes a link between two threads of this node, once. */
  connect(one: PlaceId, other: PlaceId): void {
    if (one === other || !this.#threads.has(other) || !this.#threads.has(one)) return;
    const pair = one < other ? `${one}-${other}` : `${other}-${one}`;
    if (this.#connected.has(pair)) return;
    this.#connected.add(pair);
    const [first, second] = this.#channel();
    this.#kernel.send(one, [ActorNumber.kernel, "link", other, this.#kernel.attach(one, first)]);
    this.#kernel.send(other, [ActorNumber.kernel, "link", one, this.#kernel.attach(other, second)]);
  }

  lost(place: PlaceId): void {
    this.#places.delete(place);
    this.#threads.delete(place);
    for (const pair of [...this.#connected]) if (pair.split("-").includes(String(place))) this.#connected.delete(pair);
  }
}
