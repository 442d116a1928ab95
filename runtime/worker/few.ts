/** Things by their keys, of which there is mostly one: then no map is made, which costs as much as four small objects. */
export type Few<K, V extends { readonly key: K }> = V | Map<K, V> | undefined;

export function find<K, V extends { readonly key: K }>(few: Few<K, V>, key: K): V | undefined {
  if (few instanceof Map) return few.get(key);
  return few?.key === key ? few : undefined;
}

/** With one more, or another in place of the one with its key. */
export function and<K, V extends { readonly key: K }>(few: Few<K, V>, one: V): Few<K, V> {
  if (few === undefined) return one;
  const map = few instanceof Map ? few : new Map<K, V>([[few.key, few]]);
  return map.set(one.key, one);
}

/** Without this one. */
export function without<K, V extends { readonly key: K }>(few: Few<K, V>, one: V): Few<K, V> {
  if (few === one) return undefined;
  if (few instanceof Map) few.delete(one.key);
  return few;
}

/** All, in the order added. */
export function all<K, V extends { readonly key: K }>(few: Few<K, V>): Iterable<V> {
  if (few instanceof Map) return few.values();
  return few === undefined ? [] : [few];
}
