import { isIP } from "node:net";
import { networkInterfaces } from "node:os";

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Whether the host stands for all addresses of this machine. */
export function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** Where others find who listens on `host`: for all addresses, this machine's first that is not its loopback. */
export function hostForOthers(host: string): string {
  if (!isAny(host)) return host;
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outer = addresses.filter(({ internal, scopeid }) => !internal && !scopeid);
  return (outer.find(({ family }) => family === "IPv4") ?? outer[0])?.address ?? hostForSelf(host);
}

/** Where this machine finds who listens on `host`. */
export function hostForSelf(host: string): string {
  if (!isAny(host)) return host;
  return host === "::" ? "::1" : "127.0.0.1";
}

/** `host:port` as it stands in URLs and in the `Host` header. */
export function authorityOf(host: string, port: number): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

const GROUPS = 8;
const NETWORK_GROUPS = 4;

/**
 * Who is behind an address, as far as failures are counted: an IPv6 network's 2⁶⁴ addresses are one holder's, and an
 * IPv4 address is the same one when it is written as IPv6.
 */
export function holderOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6) return address;
  const [before = "", after] = address.split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const zeros = new Array<string>(Math.max(0, GROUPS - head.length - tail.length)).fill("0");
  return [...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(":");
}
