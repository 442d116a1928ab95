/** Where other processes connect to a node. */
export { Admissions } from "./admissions.ts";
export { type DialOptions, dialNode } from "./dial_node.ts";
export { type Credentials, Gatekeeper, type GatekeeperOptions, type Refusal } from "./gatekeeper.ts";
export { ENDPOINT_LIMITS, type EndpointLimits } from "./limits.ts";
export { type EndpointPeer, NodeEndpoint, type NodeEndpointOptions } from "./node_endpoint.ts";
export { type Admitted, type EndpointNode, ProcessEndpoint, type ProcessEndpointOptions } from "./process_endpoint.ts";
