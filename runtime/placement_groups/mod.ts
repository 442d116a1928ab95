/** Placement groups as their users hold them. */
export { keeper, PlacementGroupHandle, type PlacementGroupWire } from "./placement_group_handle.ts";
