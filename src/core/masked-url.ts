const HIDDEN = '***';

/**
 * Comma-separated lists of URLs, as NATS takes them. A comma inside a password is followed by no
 * scheme.
 */
const BETWEEN_URLS = /,(?=\s*[a-z][a-z0-9+.-]*:\/\/)/i;
const SCHEME = /^\s*[a-z][a-z0-9+.-]*:\/\//i;
const SECRET_QUERY = /([?&;][^=&;#]*(?:pass|pwd|secret|token|key|auth|sig|credential|jwt)[^=&;#]*=)(?:[^&;#]+)/gi;

/**
 * A URL, or a comma-separated list of them, as logs and errors may show it: passwords, user names
 * without a password (tokens, for NATS) and query values that look like secrets are `***`. Text
 * that is not a URL loses all before its last `@`.
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
 * Where the user can end at most. An unescaped `/`, `?` or `#` may be part of a password: of a
 * broker's URL a path with an `@` and no user before it is not believed.
 */
function searchEnd(url: string, rest: string): number {
  const authorityEnd = rest.search(/[/?#]/);
  if (authorityEnd < 0) return rest.length;
  const isBelievable = /^\s*https?:/i.test(url) || rest.slice(0, authorityEnd).includes('@');
  return isBelievable && (isUnixPath(url) || URL.canParse(url)) ? authorityEnd : rest.length;
}

/** `unix://user:pass@/run/redis.sock`: a user without a host is not a URL to the standard. */
function isUnixPath(url: string): boolean {
  return /^\s*unix:\/\/[^/?#]*@\//i.test(url);
}

function maskUser(user: string, scheme: string): string {
  const colon = user.indexOf(':');
  return scheme === '' || colon < 0 ? HIDDEN : `${user.slice(0, colon)}:${HIDDEN}`;
}
