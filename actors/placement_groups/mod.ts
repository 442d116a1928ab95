/** The control store's keeper of placement groups. */
export {
  type BundleNode,
  PlacementGroupManager,
  type PlacementGroupManagerOptions,
} from "./placement_group_manager.ts";
