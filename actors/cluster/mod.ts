/** How nodes make a cluster: the head's list of them, each node's part in it, and the links between them. */

export { HEAD_AWAY_MS, HEAD_SILENCE_MS, HeadTie, type HeadTieOptions, type NewTie } from "./head_tie.ts";
export { Member, type MemberOptions } from "./member.ts";
export { Membership } from "./membership.ts";
export type { MembershipOptions } from "./membership_options.ts";
export { type Dial, PeerLinks, type PeerLinksOptions } from "./peer_links.ts";
export { Reporter, type ReporterOptions } from "./reporter.ts";
export { type WaitingGroup, type WaitingSources, whatWaits } from "./waiting.ts";
