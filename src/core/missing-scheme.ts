/**
 * Matches `host`, `host:port`, `[::1]:port` and a path, which URL parsers reject, or misread as a
 * scheme as in `localhost:5000`.
 */
const WITHOUT_SCHEME =
  /^(?:\/\/)?(?<authority>(?:[^\s/?#@]*@)?(?:\[[\da-f:.]+\]|[^\s/:?#@[\]]+)(?::(?<port>\d+))?)(?:[/?#]|$)/i;

/** Schemes for addresses without one: the first, or the second for the port of TLS. */
export type SchemePair = readonly [plain: string, secure: string];

/** Adds a scheme to an address; returns it unchanged if it has one, or if it is not an address. */
export function withScheme(given: string, [plain, secure]: SchemePair): string {
  const { authority, port } = WITHOUT_SCHEME.exec(given)?.groups ?? {};
  if (authority === undefined) return given;
  return `${port === '443' ? secure : plain}://${given.replace(/^\/\//, '')}`;
}

/** The warning about an address without a scheme; undefined if it has one. */
export function schemeHint(given: string, taken: string): string | undefined {
  if (given === taken) return undefined;
  // User names and passwords must not be logged.
  return given.includes('@') ? 'it has no scheme' : `'${given}' has no scheme and is taken as ${taken}`;
}
