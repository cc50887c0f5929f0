import { expect, it } from 'vitest';
import { chooseTransport } from '../../../src/gateway/transport/choose-transport.js';

const LOADER_MESSAGE = 'This version supports only Node.js 16 to 25.\n\nError: libc.musl-x86_64.so.1: no such file\n';
const cannotLoad = (): Promise<never> => Promise.reject(new Error(LOADER_MESSAGE));

it('chooses uWebSockets.js when uws is requested', async () => {
  expect(await chooseTransport('uws')).toMatchObject({ name: 'uws', reason: 'uws was requested' });
});

it('chooses ws for auto, an older name, even where uWebSockets.js loads', async () => {
  expect(await chooseTransport('auto')).toMatchObject({ name: 'ws' });
});

it('does not load the native module when ws is requested', async () => {
  expect(await chooseTransport('ws', { load: cannotLoad })).toMatchObject({
    name: 'ws',
    reason: 'ws is the default',
  });
});

it('names the native library that uws runs, and none for ws', async () => {
  const { native } = await chooseTransport('uws');
  expect(native).toMatchObject({ package: 'uwebsockets@3.0.6', path: expect.stringMatching(/\.node$/) });
  expect(native?.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect((await chooseTransport('ws')).native).toBeUndefined();
});

it('rejects with transport.unavailable, a hint and the cause when uws is requested and cannot load', async () => {
  await expect(chooseTransport('uws', { load: cannotLoad })).rejects.toMatchObject({
    code: 'transport.unavailable',
    message: expect.stringMatching(
      /^The transport uws cannot run on this machine\. .* does not load: Error: libc\.musl-x86_64\.so\.1: no such file$/,
    ),
    hint: expect.stringMatching(
      /--transport ws.*npm install .*github:uNetworking\/uWebSockets\.js#v\d.*npm install .*uWebSockets\.js@npm:uwebsockets@3\.0\.6/,
    ),
    cause: expect.objectContaining({ message: LOADER_MESSAGE }),
  });
});

it('limits slabs to 8 KiB, whatever the default of this version of Node', async () => {
  Buffer.poolSize = 64 * 1024;
  await chooseTransport('ws');
  expect(Buffer.allocUnsafe(5000).buffer.byteLength).toBe(5000);
  const small = [Buffer.allocUnsafe(4000), Buffer.allocUnsafe(4000), Buffer.allocUnsafe(4000)];
  expect(small.at(-1)?.buffer.byteLength).toBe(8 * 1024);
});
