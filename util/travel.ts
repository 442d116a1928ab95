import { registerSerializer } from "../mod.ts";

/**
 * Lets the instances of a class be passed to tasks and actors, stored and returned. What arrives is a
 * new instance made from the same parts; it works on the same actor.
 */
export function travels<T extends object, Parts>(
  // biome-ignore lint/suspicious/noExplicitAny: a class of any constructor
  type: abstract new (...args: any[]) => T,
  pack: (instance: T) => Parts,
  unpack: (parts: Parts) => T,
): void {
  // A name of our own: a user's class may well be called Queue or Counter too.
  registerSerializer(type, { name: `mobula/util.${type.name}`, serialize: pack, deserialize: unpack });
}
