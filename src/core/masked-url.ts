const HIDDEN = '***';

/**
 * Separates lists of URLs, as NATS takes them. A comma inside a password is not followed by a
 * scheme.
 */
const BETWEEN_URLS = /,(?=\s*[a-z][a-z0-9+.-]*:\/\/)/i;
const SCHEME = /^\s*[a-z][a-z0-9+.-]*:\/\//i;
const SECRET_QUERY = /([?&;][^=&;#]*(?:pass|pwd|secret|token|key|auth|sig|credential|jwt)[^=&;#]*=)(?:[^&;#]+)/gi;

/**
 * Masks a URL, or a comma-separated list of URLs, for logs and errors: passwords, user names
 * without a password (tokens, for NATS) and query values that look like secrets become `***`. In
 * text that is not a URL, everything before the last `@` is removed.
 */
export function maskUrl(text: string): string {
  return text.split(BETWEEN_URLS).map(maskOne).join(',');
}

function maskOne(url: string): string {
  const scheme = SCHEME.exec(url)?.[0] ?? '';
  const rest = url.slice(scheme.length);
  const at = rest.slice(0, searchEnd(url, rest)).lastIndexOf('@');
  const shown = at < 0 ? rest : `${maskUser(rest.slice(0, at), scheme)}@${rest.slice(at + 1)}`;
  return scheme + shown.replace(SECRET_QUERY, `$1${HIDDEN}`);
}

/**
 * The last possible end of the user information. An unescaped `/`, `?` or `#` may be part of a
 * password: in a broker's URL, an `@` in a path without user information before it is taken for the
 * end of a password.
 */
function searchEnd(url: string, rest: string): number {
  const authorityEnd = rest.search(/[/?#]/);
  if (authorityEnd < 0) return rest.length;
  const isBelievable = /^\s*https?:/i.test(url) || rest.slice(0, authorityEnd).includes('@');
  return isBelievable && (isUnixPath(url) || URL.canParse(url)) ? authorityEnd : rest.length;
}

/** `unix://user:pass@/run/redis.sock`: the standard does not allow a user without a host. */
function isUnixPath(url: string): boolean {
  return /^\s*unix:\/\/[^/?#]*@\//i.test(url);
}

function maskUser(user: string, scheme: string): string {
  const colon = user.indexOf(':');
  return scheme === '' || colon < 0 ? HIDDEN : `${user.slice(0, colon)}:${HIDDEN}`;
}
