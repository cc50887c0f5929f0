import * as Flags from '@oclif/core/flags';
import type { LoadFlags } from '../../loadgen/index.js';

/** What `wsg loadtest` was told of its connections. */
export interface DialFlags {
  readonly url: readonly string[] | undefined;
  readonly header: readonly string[] | undefined;
  readonly subprotocol: readonly string[] | undefined;
  readonly compression: boolean;
  readonly insecure: boolean;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly 'server-name': string | undefined;
  readonly 'tls-reuse': boolean;
  readonly 'local-address': readonly string[] | undefined;
  readonly 'local-ips': string | undefined;
  readonly 'blacklist-ip': readonly string[] | undefined;
  readonly dns: string | undefined;
}

const helpGroup = 'CONNECTION';
const several = { helpGroup, multiple: true, multipleNonGreedy: true } as const;

/** Where connections go, what they say of themselves, and how. */
export const dialFlags = {
  url: Flags.string({
    ...several,
    helpValue: 'URL',
    description:
      'Where to connect; may be repeated: virtual users take them in turns. ws://127.0.0.1:5000/connect by default.',
  }),
  header: Flags.string({ ...several, helpValue: 'NAME:VALUE', description: 'Of the handshake; may be repeated.' }),
  subprotocol: Flags.string({ ...several, helpValue: 'NAME', description: 'To offer; may be repeated.' }),
  compression: Flags.boolean({ helpGroup, description: 'Offer permessage-deflate.' }),
  insecure: Flags.boolean({ helpGroup, description: 'Take any certificate.' }),
  ca: Flags.string({
    helpGroup,
    helpValue: 'FILE',
    description: "PEM of the authorities to trust, instead of the machine's.",
  }),
  cert: Flags.string({
    helpGroup,
    helpValue: 'FILE',
    description: 'PEM of our certificate, for servers that ask for one.',
  }),
  key: Flags.string({ helpGroup, helpValue: 'FILE', description: 'PEM of its key.' }),
  'server-name': Flags.string({ helpGroup, helpValue: 'NAME', description: "For TLS, instead of the URL's host." }),
  'tls-reuse': Flags.boolean({ helpGroup, description: 'Continue TLS sessions, as clients that come back do.' }),
  'local-address': Flags.string({
    ...several,
    helpValue: 'ADDRESS',
    description:
      'Where connections leave from: addresses, ranges a-b, CIDRs; may be repeated. Virtual users take them in turns.',
  }),
  'local-ips': Flags.string({ hidden: true }),
  'blacklist-ip': Flags.string({ ...several, hidden: true }),
  dns: Flags.string({
    helpGroup,
    helpValue: 'RULES',
    description: 'How names become addresses, as in k6; ttl=5m,select=random,policy=preferIPv4 by default.',
  }),
} as const;

/** The flags by the names of the options that they set. */
export function dialOptions(flags: DialFlags): LoadFlags {
  const local = [...(flags['local-address'] ?? []), ...(flags['local-ips'] === undefined ? [] : [flags['local-ips']])];
  return {
    url: flags.url,
    headers: flags.header,
    subprotocols: flags.subprotocol,
    compression: flags.compression ? true : undefined,
    ca: flags.ca,
    cert: flags.cert,
    key: flags.key,
    serverName: flags['server-name'],
    tlsReuse: flags['tls-reuse'] ? true : undefined,
    localIPs: local.length === 0 ? undefined : local,
    blacklistIPs: flags['blacklist-ip'],
    dns: flags.dns,
  };
}
