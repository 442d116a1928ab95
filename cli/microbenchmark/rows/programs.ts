/** The functions and actors that the rows call. All travel to workers as source. */
import { type ActorClass, type ActorHandle, get, kill, type ObjectRef, put, type RemoteFunction, remote } from "../../../mod.ts";
import { platform } from "../../../runtime/platform/mod.ts";

/** Ray's rows return `b"ok"`; here, and from every peer, it is a string as short. */
export const smallValue: RemoteFunction<[], string> = remote(() => "ok");

class ServerClass {
  smallValue(): string {
    return "ok";
  }

  smallValueWithArgument(_argument: unknown): string {
    return "ok";
  }
}

class AsyncServerClass {
  async smallValue(): Promise<string> {
    return "ok";
  }

  async smallValueWithArgument(_argument: unknown): Promise<string> {
    return "ok";
  }
}

/** Calls others on behalf of the driver. Its methods say how many calls came back right. */
class ClientClass {
  readonly #servers: ActorHandle<ServerClass>[];

  constructor(servers: ActorHandle<ServerClass>[]) {
    this.#servers = servers;
  }

  async runTasks(count: number): Promise<number> {
    const values = await get(Array.from({ length: count }, () => smallValue.remote()));
    return values.filter((value) => value === "ok").length;
  }

  async callEach(count: number): Promise<number> {
    const refs = this.#servers.flatMap((server) => Array.from({ length: count }, () => server.smallValue.remote()));
    return (await get(refs)).filter((value) => value === "ok").length;
  }

  async callEachWithArgument(count: number): Promise<number> {
    const argument = put(0);
    const refs = this.#servers.flatMap((server) => Array.from({ length: count }, () => server.smallValueWithArgument.remote(argument)));
    return (await get(refs)).filter((value) => value === "ok").length;
  }
}

export const Server: ActorClass<typeof ServerClass> = remote(ServerClass, { numCpus: 0 });
/** Ray's async actors take a thousand calls at a time unless told otherwise. */
export const AsyncServer: ActorClass<typeof AsyncServerClass> = remote(AsyncServerClass, {
  numCpus: 0,
  maxConcurrency: 1000,
});
export const Client: ActorClass<typeof ClientClass> = remote(ClientClass, { numCpus: 0 });

export type ServerHandle = ActorHandle<ServerClass>;
export type ClientHandle = ActorHandle<ClientClass>;

/** Calls the servers in turn, `count` calls in all, and says how many came back right. */
export const callInTurn: RemoteFunction<[servers: ServerHandle[], count: number], Promise<number>> = remote(
  async (servers: ServerHandle[], count: number): Promise<number> => {
    const refs: ObjectRef<string>[] = [];
    for (let i = 0; i < count; i++) {
      const server = servers[i % servers.length];
      if (server !== undefined) refs.push(server.smallValue.remote());
    }
    return (await get(refs)).filter((value) => value === "ok").length;
  },
);

/** Ray's n: half of the machine's cores. */
export const SERVERS: number = Math.max(1, Math.floor(platform.hardware().cpus / 2));

export function countOk(values: readonly string[]): number {
  let count = 0;
  for (const value of values) if (value === "ok") count++;
  return count;
}

/** The same handles, once all of their actors run. */
export async function started<H extends ActorHandle<object>>(handles: H[]): Promise<H[]> {
  await get(handles.map((handle) => handle.__ready__.remote()));
  return handles;
}

export async function endAll(handles: readonly ActorHandle<object>[]): Promise<void> {
  for (const handle of handles) await kill(handle);
}
