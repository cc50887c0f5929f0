import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, type TLSSocket } from 'node:tls';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { copyTls, TLS_A, TLS_B } from '../../support/tls-files.js';
import { type Bench, type Fixture, onBothTransports, text } from './transport-fixture.js';

/** The certificates that new handshakes see, with and without a server name. */
async function shownTo(fixture: Fixture): Promise<readonly unknown[]> {
  const names: unknown[] = [];
  for (const servername of ['localhost', '']) {
    const client: TLSSocket = connect({ port: fixture.port, host: '127.0.0.1', servername, rejectUnauthorized: false });
    await once(client, 'secureConnect');
    names.push(client.getPeerCertificate().subject.CN);
    client.destroy();
  }
  return names;
}

onBothTransports('TLS', (bench: Bench) => {
  it('uses the new certificate for new handshakes, while old connections stay open', async () => {
    const folder = await temporaryFolder();
    const fixture = await bench.start({ tls: await copyTls(TLS_A, folder) });
    expect(await shownTo(fixture)).toEqual(['localhost', 'localhost']);
    const old = await bench.client(fixture, { rejectUnauthorized: false });
    (await fixture.handler.next('open')).socket.subscribe('all');
    await copyTls(TLS_B, folder);
    await fixture.transport.reloadTls();
    expect(await shownTo(fixture)).toEqual(['other.localhost', 'other.localhost']);
    const young = await bench.client(fixture, { rejectUnauthorized: false });
    (await fixture.handler.next('open')).socket.subscribe('all');
    const heard = Promise.all([once(old, 'message'), once(young, 'message')]);
    fixture.transport.publish('all', text('hello'));
    expect((await heard).map(([data]) => String(data))).toEqual(['hello', 'hello']);
    old.send('still here');
    expect((await fixture.handler.next('message')).messages).toHaveLength(1);
  });

  it('keeps the old certificate when the new files are invalid', async () => {
    const folder = await temporaryFolder();
    const fixture = await bench.start({ tls: await copyTls(TLS_A, folder) });
    await writeFile(`${folder}/key.pem`, 'no key at all');
    await expect(fixture.transport.reloadTls()).rejects.toMatchObject({ code: 'tls.invalid' });
    expect(await shownTo(fixture)).toEqual(['localhost', 'localhost']);
    await copyTls(TLS_B, folder);
    await fixture.transport.reloadTls();
    await copyTls(TLS_A, folder);
    await fixture.transport.reloadTls();
    expect(await shownTo(fixture)).toEqual(['localhost', 'localhost']);
  });

  it('has nothing to reload without TLS, before it listens and after it has stopped', async () => {
    const plain = await bench.start();
    await expect(plain.transport.reloadTls()).resolves.toBeUndefined();
    const secure = await bench.start({ tls: TLS_A });
    await secure.transport.stop();
    await expect(secure.transport.reloadTls()).resolves.toBeUndefined();
  });
});
