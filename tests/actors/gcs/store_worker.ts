/** Writes a row to the store it is told of, and answers with what is then there. */
import { openStorage } from "../../../actors/gcs/storage/mod.ts";

interface Scope {
  onmessage: (event: MessageEvent<string>) => void;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as Scope;
scope.onmessage = async (event) => {
  const storage = await openStorage(event.data);
  await storage.apply([{ type: "put", table: "t", key: "a", value: new Uint8Array([1]) }]);
  const rows = await storage.load("t");
  await storage.close();
  scope.postMessage(rows);
};
