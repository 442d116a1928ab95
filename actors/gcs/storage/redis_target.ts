/** Where a Redis store is, as its storage option says. */
export interface RedisTarget {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** What every key of the store begins with, so that several clusters can share a server. */
  readonly prefix: string;
}

const DEFAULT_PREFIX = "mobula";
const DEFAULT_PORT = 6_379;
const FORM = '"redis://[[user]:password@]host[:port][/db][?prefix=name]"';

/**
 * Reads `redis://…`, or `rediss://…` for TLS.
 *
 * @throws RangeError naming what is wrong; it repeats nothing of the address, which may hold a password.
 */
export function parseRedis(option: string): RedisTarget {
  if (!URL.canParse(option)) throw wrong("it is no address");
  const { protocol, hostname, port, pathname, username, password, searchParams, hash } = new URL(option);
  if (hostname === "") throw wrong("it names no host");
  if (hash !== "") throw wrong('a "#" in a password is written %23');
  const db = /^\/?$/.test(pathname) ? "0" : pathname.slice(1);
  if (!/^\d{1,9}$/.test(db)) throw wrong("what follows the host must be the number of a database");
  for (const name of searchParams.keys()) {
    if (name !== "prefix") throw wrong("the only parameter is prefix");
  }
  const prefix = searchParams.get("prefix") ?? DEFAULT_PREFIX;
  if (!/^[\w.:-]{1,100}$/.test(prefix)) throw wrong('prefix takes letters, digits, "_", ".", ":" and "-", at most 100');
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? DEFAULT_PORT : Number(port),
    db: Number(db),
    tls: protocol === "rediss:",
    username: decoded(username),
    password: decoded(password),
    prefix,
  };
}

/** The option without its password, for people. */
export function redisLocation({ host, port, db, tls, prefix }: RedisTarget): string {
  const name = host.includes(":") ? `[${host}]` : host;
  const suffix = prefix === DEFAULT_PREFIX ? "" : `?prefix=${prefix}`;
  return `redis${tls ? "s" : ""}://${name}:${port}/${db}${suffix}`;
}

function decoded(text: string): string | undefined {
  if (text === "") return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('a "%" in a user or password is written %25');
  }
}

function wrong(what: string): RangeError {
  return new RangeError(`storage: ${what}; write ${FORM}`);
}
