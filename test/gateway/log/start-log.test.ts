import { expect, test } from 'vitest';
import { logStart } from '../../../src/gateway/log/start-log.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { testConfig } from '../../support/running-gateway.js';

function warnings(whitelist: string[], internalListen?: string): readonly string[] {
  const log = new RecordingLogger();
  const config = testConfig({ internal_endpoint_access_whitelist: whitelist, internal_listen_addr: internalListen });
  logStart(log, config, 'config.yml');
  return log.events.filter((event) => event === 'access.whitelist-on-public-port');
}

test('a whitelist that reaches beyond this machine is warned of on the public port', () => {
  for (const cidr of [
    '10.0.0.0/8',
    '0.0.0.0/0',
    '127.0.0.1/0',
    '127.0.0.1/7',
    '::1/0',
    '::/0',
    '::ffff:127.0.0.1/96',
  ]) {
    expect([cidr, warnings([cidr]).length]).toEqual([cidr, 1]);
    expect(warnings([cidr], '127.0.0.1:0')).toEqual([]);
  }
  expect(warnings(['127.0.0.1/8', '::1/128', '127.0.0.1/32', '::ffff:127.0.0.0/104'])).toEqual([]);
});
