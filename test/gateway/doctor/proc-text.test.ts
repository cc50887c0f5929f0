import { expect, it } from 'vitest';
import {
  parseAvailableMemory,
  parseCgroupPath,
  parseContainer,
  parseLimit,
  parsePortRange,
} from '../../../src/gateway/doctor/read-machine.js';

it('parses a limit, no limit, and a missing one', () => {
  expect(parseLimit('4096\n')).toBe(4096);
  expect(parseLimit('max\n')).toBe(Number.MAX_SAFE_INTEGER);
  expect(parseLimit('9223372036854775807')).toBe(Number.MAX_SAFE_INTEGER);
  expect(parseLimit('')).toBeUndefined();
  expect(parseLimit('-1')).toBeUndefined();
});

it('parses both ends of the port range', () => {
  expect(parsePortRange('32768\t60999\n')).toEqual({ first: 32_768, last: 60_999 });
  expect(parsePortRange('')).toBeUndefined();
});

it('parses available memory in bytes', () => {
  expect(parseAvailableMemory('MemTotal:  100 kB\nMemAvailable:     64 kB\n')).toBe(65_536);
  expect(parseAvailableMemory('MemFree: 1 kB\n')).toBeUndefined();
});

it('finds the cgroup path for version 2 and for a controller of version 1', () => {
  expect(parseCgroupPath('0::/system.slice/wsg.service\n', '')).toBe('/system.slice/wsg.service');
  expect(parseCgroupPath('5:cpu,cpuacct:/a\n4:memory:/b:c\n', 'memory')).toBe('/b:c');
  expect(parseCgroupPath('5:cpu,cpuacct:/a\n', 'memory')).toBeUndefined();
});

it('detects a container by the cgroup of the first process', () => {
  expect(parseContainer('0::/kubepods.slice/kubepods-pod1.slice\n')).toBe('kubepods');
  expect(parseContainer('0::/init.scope\n')).toBeUndefined();
});
