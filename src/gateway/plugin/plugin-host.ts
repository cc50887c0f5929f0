import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../core/clock.js';
import { withDeadline } from '../../core/delay.js';
import { WsgError, errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { LocalConnections } from '../bus/bus.js';
import { createDevhelpers } from './devhelpers.js';
import type { Plugin } from './plugin.js';
import { createPluginContext } from './plugin-context.js';

/** A plugin in the configuration. */
export interface PluginEntry {
  /** `devhelpers`, a path relative to `baseDir`, or a package that is resolved from there. */
  readonly module: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface PluginHostDeps {
  readonly plugins: readonly PluginEntry[];
  readonly baseDir: string;
  readonly connections: LocalConnections;
  readonly log: Logger;
  /** Whether other processes of this gateway run the same plugins. */
  readonly isWorker?: boolean;
  /** Time that all plugins together may take to stop. Default: 2,000. */
  readonly stopTimeoutMs?: number;
}

/** Runs the configured plugins. */
export class PluginHost {
  readonly #deps: PluginHostDeps;
  readonly #abort = new AbortController();
  readonly #started: { readonly module: string; readonly plugin: Plugin }[] = [];

  constructor(deps: PluginHostDeps) {
    this.#deps = deps;
  }

  /**
   * Loads all plugins, then starts them in order. Rejects with `plugin.failed`, after stopping
   * those that had started.
   */
  async start(): Promise<void> {
    try {
      const loaded = await Promise.all(
        this.#deps.plugins.map(async (entry) => ({ entry, plugin: await this.#load(entry) })),
      );
      for (const { entry, plugin } of loaded) {
        this.#abort.signal.throwIfAborted();
        await this.#startOne(entry, plugin);
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /**
   * Aborts the plugins' signal and stops them. A plugin that fails or takes too long is logged.
   * Idempotent.
   */
  async stop(): Promise<void> {
    this.#abort.abort();
    const started = this.#started.splice(0);
    const timeoutMs = this.#deps.stopTimeoutMs ?? 2000;
    await Promise.all(started.map(({ module, plugin }) => this.#stopOne(module, plugin, timeoutMs)));
  }

  async #load(entry: PluginEntry): Promise<Plugin> {
    const plugin = await this.#import(entry);
    if (this.#deps.isWorker !== true || plugin.perWorker === true) return plugin;
    throw new WsgError(
      'plugin.failed',
      `The plugin ${entry.module} does not declare perWorker, and workers is above 1: it would run in each worker and see only the connections of that worker.`,
      { hint: 'Set workers to 1, or add `export const perWorker = true` to the plugin if it can run that way.' },
    );
  }

  async #import(entry: PluginEntry): Promise<Plugin> {
    if (entry.module === 'devhelpers') return createDevhelpers();
    let exported: unknown;
    try {
      exported = await import(resolvePluginModule(entry.module, this.#deps.baseDir));
    } catch (error) {
      throw failure(entry.module, 'could not be loaded', error);
    }
    if (isPlugin(exported)) return exported;
    throw new WsgError('plugin.failed', `The plugin ${entry.module} exports no function named start.`, {
      hint: 'A plugin is a module with `export function start(context)` and, optionally, `export function stop()`.',
    });
  }

  async #startOne(entry: PluginEntry, plugin: Plugin): Promise<void> {
    const { connections, log } = this.#deps;
    try {
      const context = { connections, log, signal: this.#abort.signal, options: entry.options };
      await this.#unlessStopped(plugin.start(createPluginContext(context)));
    } catch (error) {
      if (error instanceof WsgError) throw error;
      throw failure(entry.module, 'could not be started', error);
    }
    this.#started.push({ module: entry.module, plugin });
    log.info('plugin.started', { module: entry.module });
  }

  /**
   * Rejects when the gateway stops, so that a stop does not wait for a plugin that hangs in its
   * start.
   */
  async #unlessStopped(starting: void | Promise<void>): Promise<void> {
    const { signal } = this.#abort;
    let onAbort = (): void => undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(new Error('the gateway is stopping'));
      signal.addEventListener('abort', onAbort);
    });
    try {
      await Promise.race([starting, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #stopOne(module: string, plugin: Plugin, timeoutMs: number): Promise<void> {
    const { log } = this.#deps;
    try {
      const stopped = Promise.resolve(plugin.stop?.());
      if ((await withDeadline(systemClock, stopped, timeoutMs, 'late')) === 'late')
        log.warn('plugin.stop-late', { module, timeoutMs });
    } catch (error) {
      log.error('plugin.stop-failed', { module, reason: errorMessage(error) });
    }
  }
}

/** Returns the URL of a plugin's file; throws when it cannot be resolved. */
export function resolvePluginModule(module: string, baseDir: string): string {
  return pathToFileURL(createRequire(join(baseDir, 'config.yml')).resolve(module)).href;
}

function isPlugin(exported: unknown): exported is Plugin {
  return (
    typeof exported === 'object' && exported !== null && 'start' in exported && typeof exported.start === 'function'
  );
}

function failure(module: string, what: string, cause: unknown): WsgError {
  return new WsgError('plugin.failed', `The plugin ${module} ${what}: ${errorMessage(cause)}`, {
    hint: 'Paths of plugins are relative to the folder of the configuration file.',
    cause,
  });
}
