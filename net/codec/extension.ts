/**
 * How a class of live objects (object refs, actor handles, functions, classes with a serializer …) travels.
 *
 * `Context` is what the caller passed to `ValueCodec.encode` or `decode`, untouched: for instance a list in which to
 * collect the refs found.
 */
export interface Extension<T extends object = object, Wire = unknown, Context = unknown> {
  /** A small integer in a number space of its own, the same wherever the value may go. */
  readonly tag: number;
  /**
   * Whether this extension takes `value`. Asked in order of registration, for functions, errors and instances of
   * classes; never for plain objects, arrays and built-in collections, buffers, dates. So a Proxy that is to be
   * recognised MUST NOT show `Object.prototype` as its prototype.
   */
  matches(value: object): value is T;
  /** The value as something that the codec can carry in turn. It MUST NOT lead back to `value`. */
  encode(value: T, context: Context): Wire;
  /**
   * The live object for what `encode` gave. `wire` is complete, except that a container to which the value around the
   * object refers too (the list that holds it) has its identity but perhaps not yet all its content: keep it, do not
   * read it.
   */
  decode(wire: Wire, context: Context): T;
}
