import type { PlacementStrategy } from "../../../runtime/options/mod.ts";
import { ResourceSet } from "../../../runtime/resources/mod.ts";
import { assignBundles, type Bin } from "./assign_bundles.ts";
import { matchBundles } from "./match_bundles.ts";
import { byId, type NodeView, usable, utilisation } from "./node_view.ts";

/** A node for each bundle, in their order; or why not: not at this moment, or never with these nodes. */
export type BundlePlacement =
  | { readonly kind: "placed"; readonly nodeIds: readonly string[] }
  | { readonly kind: "busy" }
  | { readonly kind: "infeasible" };

/** Places the bundles of one placement group, all or none. */
export function placeBundles(nodes: readonly NodeView[], bundles: readonly ResourceSet[], strategy: PlacementStrategy): BundlePlacement {
  const candidates = nodes.filter(usable).sort(byId);
  const place = STRATEGIES[strategy];
  const nodeIds = place(candidates, bundles, (node) => node.available);
  if (nodeIds !== undefined) return { kind: "placed", nodeIds };
  return { kind: place(candidates, bundles, (node) => node.total) === undefined ? "infeasible" : "busy" };
}

type Place = (nodes: readonly NodeView[], bundles: readonly ResourceSet[], room: (node: NodeView) => ResourceSet) => readonly string[] | undefined;

/** All on one node: the fullest that has room, so that empty ones stay empty. */
const strictPack: Place = (nodes, bundles, room) => {
  const together = bundles.reduce((sum, bundle) => sum.add(bundle), ResourceSet.EMPTY);
  const able = nodes.filter((node) => together.fits(room(node)));
  const fullest = able.sort((a, b) => utilisation(b) - utilisation(a) || byId(a, b))[0];
  return fullest && bundles.map(() => fullest.nodeId);
};

/** Each on a node of its own, the emptiest first. */
const strictSpread: Place = (nodes, bundles, room) => {
  const emptiest = [...nodes].sort((a, b) => utilisation(a) - utilisation(b) || byId(a, b));
  const matched = matchBundles(bundles, emptiest.map(room));
  return matched?.map((index) => (emptiest[index] as NodeView).nodeId);
};

/** On as few nodes as can be. */
const pack: Place = (nodes, bundles, room) =>
  strictPack(nodes, bundles, room) ?? assigned(nodes, bundles, room, (a, b) => b.bundles - a.bundles || utilisation(b.node) - utilisation(a.node));

/** On as many nodes as can be. */
const spreadOut: Place = (nodes, bundles, room) =>
  strictSpread(nodes, bundles, room) ?? assigned(nodes, bundles, room, (a, b) => a.bundles - b.bundles || utilisation(a.node) - utilisation(b.node));

const STRATEGIES: Readonly<Record<PlacementStrategy, Place>> = {
  PACK: pack,
  SPREAD: spreadOut,
  STRICT_PACK: strictPack,
  STRICT_SPREAD: strictSpread,
};

interface NodeBin extends Bin {
  readonly node: NodeView;
}

function assigned(
  nodes: readonly NodeView[],
  bundles: readonly ResourceSet[],
  room: (node: NodeView) => ResourceSet,
  prefer: (a: NodeBin, b: NodeBin) => number,
): readonly string[] | undefined {
  const bins: NodeBin[] = nodes.map((node) => ({ node, room: room(node), bundles: 0 }));
  return assignBundles(bundles, bins, (a, b) => prefer(a, b) || byId(a.node, b.node))?.map(({ node }) => node.nodeId);
}
