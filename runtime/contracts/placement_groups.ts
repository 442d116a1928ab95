import type { Caller } from "../kernel/mod.ts";
import type { Bundle, PlacementGroupRequest } from "../options/mod.ts";

/** A placement group as users see it in listings. */
export interface PlacementGroupInfo {
  readonly placementGroupId: string;
  readonly name: string | undefined;
  readonly strategy: string;
  /** `PENDING`, `PREPARED`, `CREATED`, `RESCHEDULING` or `REMOVED`. */
  readonly state: string;
  readonly bundles: readonly Bundle[];
  /** The node of each bundle, once it has been placed. */
  readonly bundlesToNodeId: readonly (string | undefined)[];
}

/** The control store's keeper of placement groups. */
export interface PlacementGroupsContract {
  /** Registers a group of the caller's and has it placed. @throws PlacementGroupError when its name is taken */
  create(caller: Caller, id: string, request: PlacementGroupRequest & { readonly namespace: string; readonly jobId: string }): Promise<void> | void;
  /** Answers once every bundle is reserved. @throws PlacementGroupError when the group is gone, or goes before that */
  ready(caller: Caller, id: string): Promise<void> | void;
  /** Removes the group and ends what runs in it; a group that is gone already stays so. */
  remove(caller: Caller, id: string): Promise<void> | void;
  /** @throws PlacementGroupError when there is none */
  lookup(caller: Caller, name: string, namespace: string): { id: string; bundles: readonly Bundle[] };
  table(caller: Caller): PlacementGroupInfo[];
}
