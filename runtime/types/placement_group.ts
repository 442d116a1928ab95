import type { Bundle } from "../options/mod.ts";
import type { ObjectRef } from "./object_ref.ts";

/** Resources reserved together. */
export interface PlacementGroup {
  readonly id: string;
  readonly name: string | undefined;
  /** The bundles as they were asked for. */
  readonly bundleSpecs: readonly Bundle[];
  readonly bundleCount: number;
  /** A ref that is ready when every bundle is reserved. */
  ready(): ObjectRef<true>;
  /** Whether every bundle was reserved in time. Default 30 s. @throws PlacementGroupError when it never will be */
  wait(timeoutMs?: number): Promise<boolean>;
}
