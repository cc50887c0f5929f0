import { describe, expect, it } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import { parseLocalAddresses } from '../../../src/loadgen/client/local-addresses.js';
import { planLoad, type LoadSources } from '../../../src/loadgen/plan/parse-load-options.js';
import { createRunHeader } from '../../../src/loadgen/run/run-header.js';

const SCRIPT = { name: 'a.js', options: {}, exports: ['default'] } as const;

function dialOf(flags: LoadSources['flags'], environment: NodeJS.ProcessEnv = {}) {
  const { behaviour } = planLoad({ flags, environment }).plan;
  if (behaviour.type === 'script') throw new Error('a script dials by itself');
  return behaviour.dial;
}

function problemsOf(sources: LoadSources): readonly string[] {
  try {
    planLoad(sources);
  } catch (error) {
    if (error instanceof WsgError && error.code === 'options.invalid') return error.problems;
    throw error;
  }
  return [];
}

describe('the dial options of a built-in scenario', () => {
  it('have one target by default and nothing else', () => {
    expect(dialOf({})).toEqual({
      targets: [{ given: 'ws://127.0.0.1:5000/connect', normalised: 'ws://127.0.0.1:5000/connect' }],
      headers: [],
      subprotocols: [],
      offersDeflate: false,
      tls: { verifies: true, reusesSessions: false },
    });
  });

  it('follow the flags', () => {
    const files = { ca: 'ca.pem', cert: 'c.pem', key: 'k.pem', serverName: 'x.y', tlsReuse: true };
    const flags = { url: ['wss://a/1', 'ws://b:9/2'], headers: ['A: b, c', 'D:e'], subprotocols: ['p', 'q'] };
    const more = { compression: true, userAgent: 'me', insecureSkipTLSVerify: true };
    expect(dialOf({ ...flags, ...files, ...more })).toEqual({
      targets: [
        { given: 'wss://a/1', normalised: 'wss://a:443/1' },
        { given: 'ws://b:9/2', normalised: 'ws://b:9/2' },
      ],
      headers: [
        ['User-Agent', 'me'],
        ['A', 'b, c'],
        ['D', 'e'],
      ],
      subprotocols: ['p', 'q'],
      offersDeflate: true,
      tls: {
        verifies: false,
        reusesSessions: true,
        caFile: 'ca.pem',
        certFile: 'c.pem',
        keyFile: 'k.pem',
        serverName: 'x.y',
      },
    });
  });

  it('report every invalid value', () => {
    const flags = { url: ['ws://a', 'http://b'], headers: ['nope', 'Upgrade: x', 'Sec-WebSocket-Protocol: p'] };
    const problems = problemsOf({ flags: { ...flags, subprotocols: ['a b'], cert: 'c.pem' } });
    expect(problems).toEqual([
      "url: 'http://b' must begin with ws:// or wss://",
      "headers: 'nope' must be a header such as 'X-Api-Key: abc'",
      "headers: 'Upgrade' belongs to the handshake; leave it out",
      "headers: 'Sec-WebSocket-Protocol' belongs to the handshake; use --subprotocol",
      "subprotocols: 'a b' must be a subprotocol such as graphql-ws",
      'cert: a certificate and its key go together: --cert FILE --key FILE',
    ]);
    expect(problemsOf({ flags: { headers: ['A: b'], tlsReuse: true }, script: SCRIPT })).toHaveLength(2);
  });

  it('respect blocked names and addresses', () => {
    const url = 'ws://x.blocked.example/';
    expect(problemsOf({ flags: { url, blockHostnames: '*.blocked.example' } })[0]).toMatch(/^url: hostname .* blocked/);
    const byAddress = { url: 'ws://10.1.2.3/', blacklistIPs: ['10.0.0.0/8'] };
    expect(problemsOf({ flags: byAddress })).toEqual(['url: IP (10.1.2.3) is in a blacklisted range (10.0.0.0/8)']);
    expect(problemsOf({ flags: { blacklistIPs: ['10.0.0/8'] } })[0]).toContain('must be an address or a CIDR');
  });

  it('keep header values out of the run file', () => {
    const { plan } = planLoad({ flags: { headers: ['Authorization: Bearer s3cret'], compression: true } });
    const header = createRunHeader(plan, { version: '1', startedAtMs: 0 });
    expect(JSON.stringify(header)).not.toContain('s3cret');
    expect(JSON.stringify(header.plan)).toContain('Authorization');
    expect(header.compression).toBe(true);
  });
});

describe('the network of a run', () => {
  it('accepts addresses, ranges and CIDRs as source addresses', () => {
    expect(parseLocalAddresses('127.0.0.2,127.0.0.9-127.0.0.11, 10.0.0.7/30,::1')).toEqual([
      '127.0.0.2',
      '127.0.0.9',
      '127.0.0.10',
      '127.0.0.11',
      '10.0.0.4',
      '10.0.0.5',
      '10.0.0.6',
      '10.0.0.7',
      '::1',
    ]);
    for (const wrong of ['127.0.0.300', 'a', '10.0.0.9-10.0.0.1', '10.0.0.0/33', '', '10.0.0.0/8']) {
      expect(parseLocalAddresses(wrong)).toHaveProperty('problem');
    }
  });

  it("accepts k6's DNS options as a flag or an object", () => {
    const dns = (value: unknown) =>
      planLoad({ flags: {}, config: { path: 'x', options: { dns: value } } }).plan.runtime.dns;
    expect(dns(undefined)).toEqual({ ttlMs: 300_000, select: 'random', policy: 'preferIPv4' });
    expect(dns({ ttl: '0', select: 'first' })).toEqual({ ttlMs: 0, select: 'first', policy: 'preferIPv4' });
    expect(dns('ttl=inf,policy=any,select=roundRobin')).toEqual({
      ttlMs: Number.POSITIVE_INFINITY,
      select: 'roundRobin',
      policy: 'any',
    });
    expect(problemsOf({ flags: { dns: 'ttl=soon,select=worst,polcy=any' } })).toEqual([
      "dns: unknown key 'polcy'; known are ttl, select, policy",
      "dns.ttl: 'soon' must be inf, 0 or a duration such as 5m",
      "dns.select: 'worst' must be one of first, random, roundRobin",
    ]);
  });
});
