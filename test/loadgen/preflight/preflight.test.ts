import { describe, expect, it } from 'vitest';
import { parseLoadOptions, planLoad } from '../../../src/loadgen/plan/parse-load-options.js';
import {
  preflight,
  parsePorts,
  readMachineLimits,
  type MachineLimits,
} from '../../../src/loadgen/preflight/preflight.js';

const AMPLE: MachineLimits = {
  openFiles: { soft: 1_000_000, hard: 1_000_000 },
  ports: { first: 32_768, last: 60_999 },
  memoryBytes: 64e9,
};
const plan = (vus: number, url: string | string[] = 'ws://127.0.0.1:1/', localIPs?: string[]) =>
  parseLoadOptions({ scenario: 'idle', vus: String(vus), duration: '1s', url, localIPs });

describe('preflight', () => {
  it('reports nothing if the resources suffice', () => {
    expect(preflight(plan(20_000), AMPLE)).toEqual([]);
    expect(preflight(plan(1_000_000), { openFiles: undefined, ports: undefined, memoryBytes: 64e9 })).toEqual([]);
  });

  it('requires a file descriptor per connection, and names the remedy', () => {
    const room = (soft: number, hard: number): MachineLimits => ({ ...AMPLE, openFiles: { soft, hard } });
    expect(preflight(plan(100), room(140, 140))).toEqual([]);
    expect(preflight(plan(101), room(140, 500))).toEqual([
      { problem: '101 virtual users need 141 open files, but this process is limited to 140', remedy: 'ulimit -n 141' },
    ]);
    expect(preflight(plan(101), room(140, 140))[0]).toMatchObject({ remedy: 'as root: ulimit -n 141; or --vus 100' });
  });

  it('requires a port per connection to the same server, or from the same address', () => {
    const range = 28_232;
    expect(preflight(plan(range), AMPLE)).toEqual([]);
    const [shortage] = preflight(plan(range + 1), AMPLE);
    expect(shortage?.problem).toBe(
      '28233 virtual users need as many source ports, but one address with ports 32768 to 60999 provides only 28232',
    );
    expect(shortage?.remedy).toContain('sysctl -w net.ipv4.ip_local_port_range="1024 65535"');
    expect(shortage?.remedy).toContain('--local-address 127.0.0.2-127.0.0.3');
    expect(preflight(plan(range * 2, ['ws://127.0.0.1:1/a', 'ws://127.0.0.1:2/b']), AMPLE)).toEqual([]);
    expect(preflight(plan(range * 2, ['ws://127.0.0.1:1/a', 'ws://127.0.0.1:1/b']), AMPLE)).toHaveLength(1);
    expect(preflight(plan(range * 2, 'ws://127.0.0.1:1/', ['127.0.0.2-127.0.0.3']), AMPLE)).toEqual([]);
    expect(preflight(plan(range * 2 + 1, 'ws://127.0.0.1:1/', ['127.0.0.2-127.0.0.3']), AMPLE)).toHaveLength(1);
  });

  it('requires memory per virtual user, more for scripts', () => {
    const room = { ...AMPLE, memoryBytes: 400e6 };
    expect(preflight(plan(10_000), room)).toEqual([]);
    const script = { name: 'a.js', options: { vus: 10_000, duration: '1s' }, exports: ['default'] };
    const [shortage] = preflight(planLoad({ flags: {}, script }).plan, room);
    expect(shortage).toEqual({
      problem: '10000 virtual users need about 630 MB of memory, but only 400 MB are available',
      remedy: '--vus 4888',
    });
  });

  it("parses Linux's port range", () => {
    expect(parsePorts('32768\t60999\n')).toEqual({ first: 32_768, last: 60_999 });
    expect(parsePorts('')).toBeUndefined();
    expect(readMachineLimits().memoryBytes).toBeGreaterThan(1e6);
  });
});
