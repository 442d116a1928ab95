/** The control store's keeper of users' actors: placing, restarting and ending them. */
export { ActorManager, type ActorManagerOptions } from "./actor_manager.ts";
export { ActorSeats, type ActorSeatsOptions } from "./actor_seats.ts";
export { ClusterSeats, type ClusterSeatsOptions } from "./cluster_seats.ts";
export { Keeping } from "./keeping.ts";
export { recordOf } from "./last_words.ts";
export { SeatsActor } from "./seats_actor.ts";
export { SharedHosts } from "./shared_hosts.ts";
