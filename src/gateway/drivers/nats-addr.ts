/** What a `nats://` URL says, as the client library takes it. */
export interface NatsServers {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  readonly tls: boolean;
}

/** Reads one URL or a comma-separated list; credentials are those of the first that has some. A user without password is a token. Throws on what is not a URL. */
export function parseNatsAddr(addr: string): NatsServers {
  const urls = addr.split(',').map((text) => new URL(text.trim()));
  const servers = urls.map((url) => url.host);
  const tls = urls.some(({ protocol }) => protocol === 'tls:');
  const login = urls.find(({ username, password }) => username !== '' || password !== '');
  if (login === undefined) return { servers, tls };
  const user = decodeURIComponent(login.username);
  if (login.password === '') return { servers, tls, token: user };
  return { servers, tls, user, pass: decodeURIComponent(login.password) };
}
