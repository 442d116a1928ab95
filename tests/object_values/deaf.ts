import { existsSync, writeFileSync } from "node:fs";
import { type ActorClass, type ObjectRef, put, type RemoteFunction, remote } from "../../mod.ts";

/** Hears nothing until `<file>.go` is there; makes `<file>.begun` before. */
function deaf(file: string): void {
  writeFileSync(`${file}.begun`, "");
  while (!existsSync(`${file}.go`));
}

export const large: RemoteFunction<[file: string], Float64Array> = remote((file: string) => {
  deaf(file);
  return new Float64Array(50_000);
});

export const several: RemoteFunction<[file: string], [Float64Array, number, Float64Array], 3> = remote(
  (file: string): [Float64Array, number, Float64Array] => {
    deaf(file);
    return [new Float64Array(50_000), 1, new Float64Array(50_000)];
  },
  { numReturns: 3 },
);

export const refs: RemoteFunction<[file: string], ObjectRef<unknown>[]> = remote((file: string): ObjectRef<unknown>[] => {
  const inner = [put("small"), put(new Float64Array(50_000))];
  deaf(file);
  return inner;
});

export const items: RemoteFunction<[file: string], Generator<Float64Array>> = remote(function* (file: string): Generator<Float64Array> {
  for (let i = 0; i < 5; i++) yield new Float64Array(50_000).fill(i);
  deaf(file);
  for (let i = 0; i < 5; i++) yield new Float64Array(50_000).fill(i);
});

export class Deaf {
  large(file: string): Float64Array {
    deaf(file);
    return new Float64Array(50_000);
  }
  nothing(): void {}
}

export const DeafActor: ActorClass<typeof Deaf> = remote(Deaf, { numCpus: 0 });
