import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WsgError } from '../../../../src/core/error.js';
import {
  fileSha256,
  findUwsPackage,
  glibcVersion,
  uwsHost,
  uwsUnavailable,
  type UwsHost,
} from '../../../../src/gateway/transport/uws/uws-package.js';
import { loadUws } from '../../../../src/gateway/transport/uws/uws-transport.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

/** An installation of wsg in an empty folder, without uWebSockets.js. */
async function installed(change: Partial<UwsHost> = {}, holder?: string): Promise<UwsHost> {
  const folder = holder ?? (await temporaryFolder());
  const from = join(folder, 'node_modules/wsg/dist/gateway/transport/uws/uws-package.js');
  await mkdir(dirname(from), { recursive: true });
  await writeFile(from, '');
  return { from, platform: 'linux', arch: 'x64', abi: '115', glibc: () => '2.36', ...change };
}

/** The loader of the package beside that wsg, with these files as binaries. */
async function withPackage(host: UwsHost, binaries: readonly string[]): Promise<string> {
  const [holder = ''] = host.from.split('/node_modules/');
  const folder = join(holder, 'node_modules/uWebSockets.js');
  await mkdir(folder, { recursive: true });
  const real = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
  for (const name of ['uws.js', 'ESM_wrapper.mjs']) await cp(join(real, name), join(folder, name));
  await writeFile(join(folder, 'package.json'), '{"name":"uWebSockets.js","version":"20.52.0","main":"uws.js"}');
  for (const name of binaries) await writeFile(join(folder, name), 'no machine code');
  return folder;
}

/** The error that the package's own loader throws. */
function loadError(folder: string): unknown {
  try {
    return createRequire(join(folder, 'uws.js'))('./uws.js');
  } catch (thrown) {
    return thrown;
  }
}

function shown({ code, message, hint }: WsgError): string {
  return `${code}: ${message} ${hint ?? ''}`;
}

describe('uws that is requested and not installed', () => {
  const missing = new Error("Cannot find package 'uWebSockets.js' imported from x");

  it('names the command that installs the official package in this project, then the copy', async () => {
    const host = await installed();
    const [holder = ''] = host.from.split('/node_modules/');
    await writeFile(join(holder, 'package.json'), '{}');
    expect(shown(uwsUnavailable(missing, host))).toBe(
      `transport.unavailable: The transport uws cannot run on this machine. The package uWebSockets.js is not installed (searched from ${dirname(host.from)}). ` +
        'Use the default, --transport ws, which needs no other package. ' +
        `To install the package: \`npm install --prefix ${holder} github:uNetworking/uWebSockets.js#v20.52.0\` (the official package; npm fetches it with git), ` +
        `or \`npm install --prefix ${holder} --save-exact uWebSockets.js@npm:uwebsockets@3.0.6\` (a third party's copy on npm; see docs/reference/supply-chain.md).`,
    );
  });

  it('names --global where wsg is installed globally', async () => {
    const host = await installed({}, join(await temporaryFolder(), 'lib'));
    expect(uwsUnavailable(missing, host).hint).toContain('`npm install --global github:uNetworking/');
  });

  it('names pnpm where pnpm installed wsg', async () => {
    const from = '/srv/app/node_modules/.pnpm/wsg@0.1.0/node_modules/wsg/dist/gateway/transport/uws/uws-package.js';
    const hint = uwsUnavailable(missing, { ...(await installed()), from }).hint;
    expect(hint).toContain('`pnpm add --dir /srv/app github:uNetworking/');
  });

  it('finds a package for a scoped name of wsg too', async () => {
    const holder = await temporaryFolder();
    const from = join(holder, 'node_modules/@scope/wsg/dist/gateway/transport/uws/uws-package.js');
    await writeFile(join(holder, 'package.json'), '{}');
    const hint = uwsUnavailable(missing, { ...(await installed()), from }).hint;
    expect(hint).toContain(`\`npm install --prefix ${holder} github:`);
  });
});

describe('uws that is installed and does not load', () => {
  it('names the ABI without a binary, and those with one', async () => {
    const host = await installed({ abi: process.versions.modules });
    const { platform, arch } = process;
    const folder = await withPackage(host, [`uws_${platform}_${arch}_1.node`, `uws_${platform}_${arch}_2.node`]);
    const text = shown(uwsUnavailable(loadError(folder), { ...host, platform, arch }));
    expect(text).toContain(
      `uWebSockets.js@20.52.0 in ${folder} has no binary for Node ${process.versions.node} (ABI ${process.versions.modules}) on ${platform} ${arch}`,
    );
    expect(text).toContain('it has ABI 1, 2.');
    expect(text).toContain('run a version of Node that the package supports');
  });

  it('names the version of glibc that its binary needs, and the installed one', async () => {
    const host = await installed();
    await withPackage(host, ['uws_linux_x64_115.node']);
    const thrown = new Error(
      "This version of uWS.js supports only Node.js 20.\n\nError: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /a/uws_linux_x64_115.node)",
    );
    const { message, hint } = uwsUnavailable(thrown, host);
    expect(message).toMatch(
      /uws_linux_x64_115\.node of uWebSockets\.js@20\.52\.0 in .* needs glibc 2\.38, but this system has 2\.36\.$/,
    );
    expect(hint).toContain('glibc 2.38 or newer');
  });

  it('says that its binaries need glibc where there is none', async () => {
    const host = await installed({ glibc: () => undefined });
    await withPackage(host, ['uws_linux_x64_115.node']);
    expect(uwsUnavailable(new Error('x'), host).message).toContain(
      'this system has another C library (musl on Alpine)',
    );
  });

  it("reports the loader's reason for a damaged binary", async () => {
    const host = await installed({
      abi: process.versions.modules,
      platform: process.platform,
      arch: process.arch,
    });
    const binary = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
    const folder = await withPackage(host, [binary]);
    const { message, hint } = uwsUnavailable(loadError(folder), host);
    expect(message).toMatch(/\.node of uWebSockets\.js@20\.52\.0 in .* does not load: Error: .*(invalid|short|header)/);
    expect(hint).toContain(`remove ${folder}`);
  });
});

it('names the binary that this process loaded for uws, and the hash of that file', async () => {
  await loadUws();
  const found = findUwsPackage(uwsHost());
  const report: { readonly sharedObjects?: readonly string[] } = Object(process.report.getReport());
  expect(report.sharedObjects?.map((path) => basename(path))).toContain(basename(found?.binary ?? ''));
  expect(found?.label).toBe('uwebsockets@3.0.6');
  expect(fileSha256(found?.binary ?? '')).toMatch(/^[0-9a-f]{64}$/);
  expect(fileSha256('/nonexistent')).toBeUndefined();
});

it('glibc is known on Linux systems that have it', () => {
  expect(process.platform === 'linux' ? glibcVersion() : '2.0').toMatch(/^2\.\d+$/);
});
