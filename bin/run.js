#!/usr/bin/env node
import module from 'node:module';
import { holdStopSignals } from '../dist/cli/early-signals.js';

const argv = process.argv.slice(2);
holdStopSignals(argv);

// Node 22.1 and newer keep the compiled code of what a start loads; older ones have no such function.
module.enableCompileCache?.();

const { main } = await import('../dist/cli/main.js');
await main(argv);
