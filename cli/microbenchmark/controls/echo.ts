import { platform } from "../../../runtime/platform/mod.ts";

/** What the echoing thread does with each message. */
export type EchoMode = "reply" | "frames";

export interface EchoData {
  readonly mode: EchoMode;
  readonly port: MessagePort;
}

/** A port to a thread of its own that answers, and the way to end both. */
export interface Echo {
  readonly port: MessagePort;
  close(): Promise<void>;
}

// Compiled or not, the thread's program lies beside this file and ends as it does.
const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
const program = new URL(`./echo_thread${ending}`, import.meta.url).href;

/** Starts a thread; resolves when it listens. Its first message, `"up"`, has been taken. */
export async function openEcho(mode: EchoMode): Promise<Echo> {
  const { port1, port2 } = new MessageChannel();
  const up = Promise.withResolvers<void>();
  port1.onmessage = () => up.resolve();
  const thread = platform.spawnThread(program, {
    name: "echo",
    data: { mode, port: port2 } satisfies EchoData,
    transfer: [port2],
    onExit: ({ error }) => up.reject(error),
  });
  await up.promise;
  return {
    port: port1,
    async close() {
      port1.close();
      await thread.terminate();
    },
  };
}
