import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoadTarget } from '../support/load-target.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type Ending, runWsg } from '../support/wsg-process.js';

const target = new LoadTarget((socket) =>
  socket.on('message', (bytes: Buffer) => socket.send(bytes, { binary: false })),
);
beforeAll(() => target.start());
afterAll(() => target.stop());

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ending> {
  const all = ['loadtest', ...args, '--vus', '1', '--duration', '1s', '--no-run', '--allow-saturated'];
  return runWsg(all, { cwd: await temporaryFolder(), env });
}

describe('a URL without a scheme', () => {
  it('is accepted by every flag and variable, with a hint', async () => {
    const host = target.httpUrl.replace('http://', '');
    const endings = await Promise.all([
      run(['--scenario', 'echo', '--url', `${host}/connect`]),
      run(['--scenario', 'echo'], { WSG_URL: `${host}/connect` }),
      run(['--scenario', 'echo', '--url', target.url, '--gateway', host]),
      run(['--scenario', 'echo', '--url', target.url, '--out', `otlp=${host}`]),
      run(['--scenario', 'echo', '--url', target.url], { WSG_OUT: `otlp=${host}` }),
      run(['--scenario', 'fan-out', '--url', target.url, '--publish-url', `${host}/send`]),
      run(['--scenario', 'fan-out', '--url', target.url], { WSG_PUBLISH_URL: `${host}/send` }),
    ]);
    const hints = [
      'url: ',
      'url (WSG_URL): ',
      'gateway: ',
      'out: ',
      'out: ',
      'publishUrl: ',
      'publishUrl (WSG_PUBLISH_URL): ',
    ];
    for (const [index, { stderr, code }] of endings.entries()) {
      expect(stderr).toContain(`level=warning msg="${hints[index]}'${host}`);
      expect(stderr).not.toMatch(/defect in wsg/);
      expect(code).toBe(0);
    }
  });

  it.each(['mailto:x', 'localhost:99999/a', 'http://localhost', ':5000', 'a b'])(
    'that is not an address either is an invalid option: %s',
    async (url) => {
      const { code, stderr } = await run(['--url', url]);
      expect(stderr).toMatch(/url: '/);
      expect(code).toBe(104);
    },
  );
});
