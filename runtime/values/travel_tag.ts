/** Numbers of what travels beside plain data; part of the wire. */
export const TravelTag = { objectRef: 1, actorHandle: 2, remote: 3, function: 4, serialized: 5, placementGroup: 6 } as const;
