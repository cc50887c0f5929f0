import { expect, it } from 'vitest';
import { chooseTransport } from '../../../src/gateway/transport/choose-transport.js';

const LOADER_MESSAGE = 'This version supports only Node.js 16 to 25.\n\nError: libc.musl-x86_64.so.1: no such file\n';
const cannotLoad = (): Promise<never> => Promise.reject(new Error(LOADER_MESSAGE));

it('takes uWebSockets.js where it loads', async () => {
  expect(await chooseTransport('auto')).toMatchObject({ name: 'uws', reason: expect.stringContaining('loadable') });
  expect(await chooseTransport('uws')).toMatchObject({ name: 'uws', reason: 'uws was asked for' });
});

it('falls back to ws and says what the loader said', async () => {
  expect(await chooseTransport('auto', { load: cannotLoad })).toMatchObject({
    name: 'ws',
    reason: 'uWebSockets.js cannot load: Error: libc.musl-x86_64.so.1: no such file',
  });
});

it('does not load the native module when ws is asked for', async () => {
  expect(await chooseTransport('ws', { load: cannotLoad })).toMatchObject({ name: 'ws', reason: 'ws was asked for' });
});

it('rejects with transport.unavailable, a hint and the cause when uws is asked for and cannot load', async () => {
  await expect(chooseTransport('uws', { load: cannotLoad })).rejects.toMatchObject({
    code: 'transport.unavailable',
    message: 'The transport uws cannot load on this machine: Error: libc.musl-x86_64.so.1: no such file.',
    hint: expect.stringContaining('--transport ws'),
    cause: expect.objectContaining({ message: LOADER_MESSAGE }),
  });
});

it('says why auto is ws when something needs ws', async () => {
  const needsWs = 'only ws reads PROXY headers';
  expect(await chooseTransport('auto', { needsWs })).toMatchObject({ name: 'ws', reason: needsWs });
});
