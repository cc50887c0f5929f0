import type { Finding } from './judge-machine.js';
import type { Machine } from './machine.js';
import type { UwsState } from './read-uws.js';

/**
 * The versions on which `npm run conformance -- nodes` runs all tests: the lowest that `engines`
 * allows, and the newest of each maintained line.
 */
export const TESTED_NODE_VERSIONS = ['20.15.0', '20', '22', '24'] as const;

/**
 * The lowest versions that `engines` in package.json allows: of the 20 line, and of later lines.
 */
const LOWEST_OF_20 = 15;
const LOWEST_AFTER_20 = 22;

type Software = Pick<Machine, 'platform' | 'wsg' | 'node' | 'abi' | 'glibc' | 'transport' | 'uws'>;

/** Checks the programs and libraries of a gateway on this machine, for its configured transport. */
export function judgeSoftware(machine: Software): Finding[] {
  return [
    { name: 'wsg', level: 'ok', value: machine.wsg, meaning: 'The version of this program.' },
    judgeNode(machine),
    judgeLibc(machine),
    judgeTransport(machine.transport),
    judgeUws(machine.uws, machine.transport === 'uws'),
  ];
}

function judgeNode({ node, abi }: Software): Finding {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isSupported = major >= LOWEST_AFTER_20 || (major === 20 && minor >= LOWEST_OF_20);
  return {
    name: 'Node',
    level: isSupported ? 'ok' : 'warning',
    value: `${node}, ABI ${abi}`,
    meaning: `Supported are Node 20 from 20.15 on, and 22 and newer. The tests run on ${TESTED_NODE_VERSIONS.join(', ')}.`,
    fixes: isSupported ? [] : ['install a supported version of Node'],
  };
}

function judgeLibc({ glibc, platform }: Software): Finding {
  const meaning =
    'The transport ws runs on any C library. The Linux binaries of uWebSockets.js need glibc; the minimum version depends on the binary.';
  const other = platform === 'linux' ? 'not glibc (musl on Alpine)' : `that of ${platform}`;
  return { name: 'C library', level: 'ok', value: glibc === undefined ? other : `glibc ${glibc}`, meaning };
}

function judgeTransport(transport: Machine['transport']): Finding {
  const meaning =
    transport === 'ws'
      ? 'The default. It runs on node:http and needs no native library.'
      : 'The configuration asks for it. Its requirements are checked below.';
  return { name: 'transport', level: 'ok', value: transport, meaning };
}

/** Checks uws. A missing uws is a failure only if the configuration asks for it. */
function judgeUws(uws: UwsState, isAskedFor: boolean): Finding {
  const name = 'transport uws';
  if (uws.state === 'runs') {
    const { native, limits } = uws;
    const faults = limits.map(({ check, observed }) => `${check}: ${observed}`).join('; ');
    return {
      name,
      level: 'ok',
      value: `runs, ${native.package}`,
      meaning: `${native.path}, sha256 ${native.sha256}. Self-test: ${faults === '' ? 'no faults' : faults}.`,
    };
  }
  const unasked = uws.state === 'not installed' ? 'ok' : 'warning';
  const level = isAskedFor ? 'failed' : unasked;
  return { name, level, value: uws.state, meaning: uws.reason, fixes: level === 'ok' ? [] : [uws.hint] };
}
