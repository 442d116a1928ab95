import { type Caller, ObjectRef } from "../runtime/caller/mod.ts";
import { registerTravel, TravelTag } from "../runtime/values/mod.ts";
import { VirtualTime } from "./virtual_time.ts";

/** How refs inside values travel: as they do between threads, each of which has one place. Here the place is that of the realm. */
registerTravel<ObjectRef, string>({
  tag: TravelTag.objectRef,
  matches: (value) => ObjectRef.is(value),
  encode(ref, context) {
    const entry = ObjectRef.entryOf(ref);
    callerHere().objects.share(entry);
    context?.met.push(entry);
    return entry.id;
  },
  decode: (id) => new ObjectRef(callerHere().objects.adopt(id, false)),
});

function callerHere(): Caller {
  const caller = VirtualTime.here?.caller;
  if (caller === undefined) throw new Error("a ref travels in a realm that has no place");
  return caller;
}
