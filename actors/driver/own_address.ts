import { connect } from "node:net";
import { ClusterUnavailableError } from "../../runtime/errors/mod.ts";

/** How long the head may take to accept a connection. */
const CONNECT_MS = 5_000;

/** The address of this machine by which it reaches the head: others of the cluster reach it there. */
export async function hostToward(url: string): Promise<string> {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port || (protocol === "wss:" ? 443 : 80)), timeout: CONNECT_MS });
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new ClusterUnavailableError({ address: url, reason }));
    };
    socket.once("connect", () => {
      const { localAddress } = socket;
      socket.destroy();
      resolve(localAddress?.replace(/^::ffff:/, "") ?? "127.0.0.1");
    });
    socket.once("timeout", () => fail(`no connection within ${CONNECT_MS / 1000} s`));
    socket.once("error", (error) => fail(error.message));
  });
}
