import { execFileSync } from "node:child_process";
import process from "node:process";

/** A host of its own: a network namespace with one link to a bridge that all hosts of a test share. */
export interface Host {
  /** Of its namespace. */
  readonly name: string;
  readonly address: string;
  /** The end of its link that is on the bridge: what happens to it happens to the cable. */
  readonly cable: string;
}

/** Of the second layer; one that is locally administered. Each bridge is a network of its own. */
const BRIDGE_ADDRESS = "02:00:00:00:00:01";

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** A namespace that was deleted may live on for as long as its last connections do: no two have the same name. */
let made = 0;

/**
 * Hosts with addresses of their own on one machine. This process is outside of them, on the bridge itself, with an
 * address too. Disposing of it removes all of it; so does the end of this process.
 */
export class Hosts implements Disposable {
  readonly #bridge: string;
  readonly #net: string;
  readonly #hosts: Host[] = [];
  #last = 0;
  readonly #removeAtExit = (): void => this[Symbol.dispose]();

  constructor() {
    const { pid } = process;
    // Two test processes at a time share neither names nor addresses.
    this.#bridge = `mob${pid}`;
    this.#net = `10.${64 + ((pid >> 8) % 128)}.${pid % 256}`;
    // Else it takes over the lowest address of its cables, and hosts that remember another send to nobody.
    ip("link", "add", this.#bridge, "address", BRIDGE_ADDRESS, "type", "bridge");
    process.on("exit", this.#removeAtExit);
    ip("address", "add", `${this.address}/24`, "dev", this.#bridge);
    ip("link", "set", this.#bridge, "up");
  }

  /** This process's own address, where the hosts reach it. */
  get address(): string {
    return `${this.#net}.254`;
  }

  /** Why this machine does not allow it; undefined if it does. */
  static problem(): string | undefined {
    if (process.platform !== "linux") return "hosts of their own need Linux";
    if (process.getuid?.() !== 0) return "network namespaces need root";
    try {
      using hosts = new Hosts();
      hosts.add();
      return undefined;
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return "there is no command ip: Debian's package iproute2 has it";
      return `network namespaces are not to be had: ${String((error as { stderr?: unknown }).stderr ?? error).trim()}`;
    }
  }

  add(): Host {
    const number = ++made;
    const { pid } = process;
    const host: Host = { name: `mobula-${pid}-${number}`, address: this.#freeAddress(), cable: `mob${pid}.${number}` };
    ip("netns", "add", host.name);
    try {
      ip("link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", host.name);
    } catch (error) {
      ip("netns", "delete", host.name);
      throw error;
    }
    this.#hosts.push(host);
    ip("link", "set", host.cable, "master", this.#bridge, "up");
    ip("-n", host.name, "address", "add", `${host.address}/24`, "dev", "eth0");
    for (const device of ["lo", "eth0"]) ip("-n", host.name, "link", "set", device, "up");
    return host;
  }

  /** Takes a host away whose programs have ended. */
  remove(host: Host): void {
    const at = this.#hosts.indexOf(host);
    if (at < 0) return;
    this.#hosts.splice(at, 1);
    ip("link", "delete", host.cable);
    ip("netns", "delete", host.name);
  }

  /** Pulls the host's cable out, or plugs it in again. Neither end is told. */
  setCable({ cable }: Host, state: "up" | "down"): void {
    // The host's own end stays up: a program there sees nothing but silence.
    if (state === "down") ip("link", "set", cable, "nomaster");
    else ip("link", "set", cable, "master", this.#bridge);
  }

  /** Delays all that the host sends and gets by so many milliseconds. False if this machine's kernel cannot. */
  slow({ name, cable }: Host, delayMs: number): boolean {
    const netem = ["root", "netem", "delay", `${delayMs}ms`];
    try {
      execFileSync("tc", ["qdisc", "add", "dev", cable, ...netem], { stdio: "ignore" });
      execFileSync("tc", ["-n", name, "qdisc", "add", "dev", "eth0", ...netem], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#removeAtExit);
    for (const host of [...this.#hosts]) this.remove(host);
    ip("link", "delete", this.#bridge);
  }

  /** One that was in use lately is asked for again as late as may be: others may remember whose it was. */
  #freeAddress(): string {
    for (let tries = 1; tries < 254; tries++) {
      this.#last = (this.#last % 253) + 1;
      const address = `${this.#net}.${this.#last}`;
      if (!this.#hosts.some((host) => host.address === address)) return address;
    }
    throw new RangeError("there are as many hosts as there are addresses");
  }
}
