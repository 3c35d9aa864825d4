/** `name`, `name:port`, `[IPv6]` or `[IPv6]:port` (RFC 3986, 3.2). */
const AUTHORITY = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i;
const MAX_PORT = 65_535;

/** The first octet of 127.0.0.0/8, the loopback addresses (RFC 1122, 3.2.1.3). */
const LOOPBACK_OCTET = "127";
/** An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) in the form that the URL standard writes: two groups of 16 bits. */
const MAPPED_IPV4 = /^\[::ffff:([\da-f]{1,4}):([\da-f]{1,4})\]$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/**
 * Returns a host in the form of the URL standard: lower case, IPv4 as four decimal numbers, IPv6 compressed and in brackets. An
 * IPv4-mapped IPv6 address becomes an IPv4 address, and a trailing dot is removed.
 *
 * @param host a name, an IPv4 address, or an IPv6 address with or without brackets; without a port
 * @returns `undefined` for anything else
 * @example canonicalHost("0:0:0:0:0:ffff:127.0.0.1") // "127.0.0.1"
 */
export function canonicalHost(host: string): string | undefined {
  const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const [, name, port] = AUTHORITY.exec(bracketed) ?? [];
  if (name === undefined || port !== undefined) return undefined;
  let hostname: string;
  try {
    hostname = new URL(`http://${name}`).hostname;
  } catch {
    return undefined;
  }
  const [, high, low] = MAPPED_IPV4.exec(hostname) ?? [];
  if (high !== undefined && low !== undefined) return [...octetsOf(high), ...octetsOf(low)].join(".");
  return hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
}

/**
 * Returns the canonical host in an authority, such as the value of a `Host` header: a host and an optional port.
 *
 * @returns `undefined` if it is malformed
 * @example hostOfAuthority("[::1]:4100") // "[::1]"
 */
export function hostOfAuthority(authority: string): string | undefined {
  const [, host, port] = AUTHORITY.exec(authority) ?? [];
  return host === undefined || Number(port ?? 0) > MAX_PORT ? undefined : canonicalHost(host);
}

/**
 * Whether a host is this machine: an address in 127.0.0.0/8 (also as an IPv4-mapped IPv6 address), `::1`, `localhost`, or a name
 * below `localhost` (RFC 6761, 6.3).
 *
 * @param host any form that `canonicalHost` accepts
 */
export function isLoopbackHost(host: string): boolean {
  const canonical = canonicalHost(host);
  if (canonical === undefined) return false;
  if (IPV4.test(canonical)) return canonical.startsWith(`${LOOPBACK_OCTET}.`);
  return canonical === "[::1]" || canonical === "localhost" || canonical.endsWith(".localhost");
}

function octetsOf(group: string): [number, number] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
