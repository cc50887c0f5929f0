/**
 * `host`, `host:port`, `[::1]:port` and a path: what URL parsers refuse, or take for a scheme as in
 * `localhost:5000`.
 */
const WITHOUT_SCHEME =
  /^(?:\/\/)?(?<authority>(?:[^\s/?#@]*@)?(?:\[[\da-f:.]+\]|[^\s/:?#@[\]]+)(?::(?<port>\d+))?)(?:[/?#]|$)/i;

/**
 * The scheme that an address is given when it has none: the first, or the second for the port of
 * TLS.
 */
export type SchemePair = readonly [plain: string, secure: string];

/** The address with a scheme; as it is when it has one, or is no address. */
export function withScheme(given: string, [plain, secure]: SchemePair): string {
  const { authority, port } = WITHOUT_SCHEME.exec(given)?.groups ?? {};
  if (authority === undefined) return given;
  return `${port === '443' ? secure : plain}://${given.replace(/^\/\//, '')}`;
}

/** What to tell of an address that was given a scheme; undefined when it had one. */
export function schemeHint(given: string, taken: string): string | undefined {
  if (given === taken) return undefined;
  // A user name and a password are not for the log.
  return given.includes('@') ? 'it has no scheme' : `'${given}' has no scheme and is taken as ${taken}`;
}
