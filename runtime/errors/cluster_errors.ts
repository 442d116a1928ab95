import { type FieldsOf, MobulaError, where } from "./base.ts";

/** The cluster does not answer. */
export class ClusterUnavailableError extends MobulaError {
  static override readonly code: string = "CLUSTER_UNAVAILABLE";
  declare readonly reason: string;
  declare readonly address?: string;

  constructor(fields: FieldsOf<ClusterUnavailableError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<ClusterUnavailableError>): string {
    const at = fields.address === undefined ? "The cluster" : `The cluster at ${fields.address}`;
    return `${at} is not available: ${fields.reason}. Check with \`mobula status\` that its head is up, and that the address and port are right.`;
  }
}

/** The token is missing or wrong. */
export class AuthenticationError extends MobulaError {
  static override readonly code: string = "AUTHENTICATION_ERROR";
  declare readonly reason: string;
  declare readonly address?: string;

  constructor(fields: FieldsOf<AuthenticationError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<AuthenticationError>): string {
    return (
      `${fields.address ?? "The cluster"} refused the connection: ${fields.reason}. ` +
      "Pass the token that `mobula start --head` made with init({ token }) or MOBULA_TOKEN."
    );
  }
}

/** The other side speaks another version, or sent what cannot be understood. */
export class ProtocolError extends MobulaError {
  static override readonly code: string = "PROTOCOL_ERROR";
  declare readonly reason: string;
  declare readonly peer?: string;
  declare readonly ourVersion?: string;
  declare readonly theirVersion?: string;

  constructor(fields: FieldsOf<ProtocolError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<ProtocolError>): string {
    const versions = where({ "our version": fields.ourVersion, "their version": fields.theirVersion });
    return (
      `The connection${fields.peer === undefined ? "" : ` to ${fields.peer}`} broke the protocol: ` +
      `${fields.reason}${versions}. Run the same release of Mobula on every node.`
    );
  }
}

/** A placement group could not be made or used, or was removed. */
export class PlacementGroupError extends MobulaError {
  static override readonly code: string = "PLACEMENT_GROUP_ERROR";
  declare readonly reason: "infeasible" | "removed" | "not-found" | "name-taken" | "node-died";
  declare readonly placementGroupId?: string;
  declare readonly placementGroupName?: string;
  declare readonly strategy?: string;
  declare readonly detail?: string;

  constructor(fields: FieldsOf<PlacementGroupError>) {
    super(fields);
  }

  static override describe(fields: FieldsOf<PlacementGroupError>): string {
    const name = fields.placementGroupName === undefined ? "" : ` "${fields.placementGroupName}"`;
    const detail = fields.detail === undefined ? "" : `: ${fields.detail}`;
    const what = GROUP_REASONS[fields.reason] ?? [fields.reason, ""];
    return `Placement group${name}${where({ id: fields.placementGroupId, strategy: fields.strategy })} ${`${what[0]}${detail}. ${what[1]}`.trim()}`;
  }
}

const GROUP_REASONS: Record<PlacementGroupError["reason"], readonly [string, string]> = {
  infeasible: ["can never be placed", "Use smaller bundles, a looser strategy, or add nodes that fit."],
  removed: ["was removed", "Create a new group, and remove it only after what runs in it is done."],
  "not-found": ["does not exist", "See placementGroupTable() for those that do."],
  "name-taken": ["has a name that is taken", "Choose another, or getPlacementGroup() the one that has it."],
  "node-died": ["lost a node", "Its bundles are placed anew when room is found; wait for ready() again."],
};
