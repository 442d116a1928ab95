/** The control store's keeper of users' actors: placing, restarting and ending them. */
export { ActorManager, type ActorManagerOptions } from "./actor_manager.ts";
export { ActorSeats, type ActorSeatsOptions } from "./actor_seats.ts";
