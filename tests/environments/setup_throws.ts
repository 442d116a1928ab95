/** A setup hook that fails. */
export default function setUp(): void {
  throw new TypeError("no such database");
}
