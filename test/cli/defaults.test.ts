import { expect, it } from 'vitest';
import { formatListenAddress } from '../../src/core/listen-address.js';
import { loadConfig } from '../../src/gateway/index.js';
import { parseLoadOptions, planTarget } from '../../src/loadgen/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';

it('lets gateway and load test find each other when neither was told anything', async () => {
  const { config } = loadConfig({ cwd: await temporaryFolder(), env: {} });
  const [endpoint] = config.endpoints;
  const target = planTarget(parseLoadOptions({}, {}));
  expect(target?.given).toBe(`ws://${formatListenAddress(config.listen)}${endpoint?.path}`);
  expect(endpoint?.setTags).toEqual(new Map([['foo', 'bar']]));
});
