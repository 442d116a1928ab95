/** A worker pool, as little of it as the rows need. */
export interface Pool {
  call(): Promise<unknown>;
  close(): unknown;
}

export const peerNames = ["piscina", "tinypool", "workerpool"] as const;
export type PeerName = (typeof peerNames)[number];

/** Each pool as its documentation opens it, with so many threads. */
export const openPool: Readonly<Record<PeerName, (threads: number) => Promise<Pool>>> = {
  async piscina(threads) {
    const { Piscina } = await import("piscina");
    const pool = new Piscina({ filename: taskFile("task.ts"), minThreads: threads, maxThreads: threads });
    return { call: () => pool.run(undefined), close: () => pool.destroy() };
  },
  async tinypool(threads) {
    const { Tinypool } = await import("tinypool");
    const pool = new Tinypool({ filename: taskFile("task.ts"), minThreads: threads, maxThreads: threads });
    return { call: () => pool.run(undefined), close: () => pool.destroy() };
  },
  async workerpool(threads) {
    const { default: workerpool } = await import("workerpool");
    const pool = workerpool.pool(taskFile("workerpool_thread.ts").replace(/^file:\/\//, ""), {
      minWorkers: threads,
      maxWorkers: threads,
      workerType: "thread",
    });
    return { call: () => pool.exec("task", []) as unknown as Promise<unknown>, close: () => pool.terminate() };
  },
};

function taskFile(name: string): string {
  return new URL(name, import.meta.url).href;
}
