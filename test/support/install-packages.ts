import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { installCommand, TEST_PACKAGES } from './debian-packages.js';

/** Package lists, then packages; both wait for another installation that is under way. */
const UPDATE = 'apt-get -o DPkg::Lock::Timeout=300 update -qq';
const INSTALL = 'apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends';

/**
 * Keeps the installation from starting services, unless the machine has a policy already: tests
 * start brokers of their own, and one on a default port would only be in the way.
 */
const WITHOUT_SERVICES = String.raw`
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
`;

/**
 * Installs what slow tests need, once before the tests, where that is possible: root on Debian.
 * Elsewhere the tests that need a package fail with the command that installs it.
 */
export function setup({ config }: TestProject): void {
  if (config.exclude.some((pattern) => pattern.includes('.slow.test'))) return;
  const missing = TEST_PACKAGES.filter(({ program }) => !existsSync(program));
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const packages = missing.map(({ debianPackage }) => debianPackage);
  process.stderr.write(`Installing ${packages.join(', ')} for the tests ...\n`);
  const script = `${WITHOUT_SERVICES}${UPDATE}\n${INSTALL} ${packages.join(' ')}`;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stderr } = spawnSync('sh', ['-c', script], { env, encoding: 'utf8' });
  if (status !== 0)
    process.stderr.write(`They could not be installed with '${installCommand(packages)}':\n${stderr}\n`);
}
