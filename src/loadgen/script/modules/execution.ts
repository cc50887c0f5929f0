import { metadataOf, tagsOf, withMetadata } from '../../metric/series.js';
import { Interruption } from '../runtime/interruption.js';
import type { VuContext } from '../runtime/vu-context.js';
import { asText } from '../runtime/values.js';

/** The module `k6/execution` of one virtual user. Properties are evaluated when they are read. */
export function createExecutionModule(vu: VuContext): object {
  const parts = { scenario: scenario(vu), instance: instance(vu), test: test(vu), vu: user(vu) };
  return { ...parts, default: parts };
}

function scenario(vu: VuContext): object {
  const current = (): NonNullable<VuContext['scenario']> => {
    if (vu.isInit) throw notThere('scenario');
    if (vu.scenario === undefined)
      throw new Error('getting scenario information outside of the VU context is not supported');
    return vu.scenario;
  };
  return readOnly({
    name: () => current().name,
    executor: () => current().executor,
    startTime: () => wallTime(vu, current().startMs()),
    progress: () => current().progress(),
    iterationInInstance: () => current() && vu.iteration.iterationInInstance,
    iterationInTest: () => current() && vu.iteration.iterationInTest,
  });
}

function instance(vu: VuContext): object {
  const counts = (): ReturnType<VuContext['thread']['counts']> => {
    if (vu.isInit) throw notThere('instance');
    return vu.thread.counts();
  };
  return readOnly({
    currentTestRunDuration: () => vu.thread.clock.now() - counts().startMs,
    iterationsCompleted: () => counts().iterationsCompleted,
    iterationsInterrupted: () => counts().iterationsInterrupted,
    vusActive: () => counts().vusActive,
    vusInitialized: () => counts().vusInitialized,
  });
}

function test(vu: VuContext): object {
  const abort = (reason?: unknown): never => {
    const text = reason === undefined ? 'test aborted' : `test aborted: ${asText(reason)}`;
    const interruption = new Interruption(text);
    vu.hasAborted = true;
    vu.thread.verdicts.aborted(text);
    vu.guard.interrupt(interruption);
    throw interruption;
  };
  const fail = (reason?: unknown): void => {
    if (vu.isInit) throw notThere('test');
    vu.thread.verdicts.failed(reason === undefined ? 'test marked as failed' : asText(reason));
  };
  const options = (): unknown => {
    if (vu.isInit) throw notThere('test options');
    return vu.thread.options;
  };
  return Object.defineProperty({ abort, fail }, 'options', { enumerable: true, get: options });
}

function user(vu: VuContext): object {
  const inRun = (): VuContext => {
    if (vu.isInit) throw notThere('VU');
    return vu;
  };
  const tags = tagsView(vu);
  const metadata = metadataView(vu);
  return readOnly({
    iterationInInstance: () => inRun().iterationInInstance,
    iterationInScenario: () => inRun().iterationInScenario,
    idInInstance: () => inRun().number,
    idInTest: () => inRun().number,
    tags: () => inRun() && tags,
    metrics: () => inRun() && { tags, metadata },
  });
}

/** A mutable view of the tags. Changes apply to the samples that follow. */
function tagsView(vu: VuContext): object {
  const set = (name: string, value: string | undefined): boolean => {
    const changed = new Map(vu.tags);
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
    vu.tags = changed;
    return true;
  };
  return textView('tag', () => Object.fromEntries(tagsOf(vu.tags)), set);
}

function metadataView(vu: VuContext): object {
  return textView(
    'metadata',
    () => Object.fromEntries(metadataOf(vu.tags)),
    (name, value) => {
      vu.tags = withMetadata(vu.tags, name, value);
      return true;
    },
  );
}

function textView(
  what: string,
  read: () => Readonly<Record<string, string>>,
  write: (name: string, value: string | undefined) => boolean,
): object {
  return new Proxy(
    {},
    {
      get: (_target, key) => (typeof key === 'string' ? read()[key] : undefined),
      has: (_target, key) => typeof key === 'string' && Object.hasOwn(read(), key),
      ownKeys: () => Object.keys(read()),
      getOwnPropertyDescriptor: (_target, key) => {
        const value = typeof key === 'string' ? read()[key] : undefined;
        return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: true };
      },
      set: (_target, key, value: unknown) => {
        if (!['string', 'number', 'boolean'].includes(typeof value)) {
          throw new TypeError(`only String, Boolean and Number types are accepted as a ${what} value`);
        }
        return write(String(key), asText(value));
      },
      deleteProperty: (_target, key) => write(String(key), undefined),
    },
  );
}

/** Returns an object whose properties are getters. */
function readOnly(getters: Readonly<Record<string, () => unknown>>): object {
  const view = {};
  for (const [name, get] of Object.entries(getters)) Object.defineProperty(view, name, { enumerable: true, get });
  return view;
}

/** Converts a time of the monotonic clock to Unix milliseconds. */
function wallTime({ thread: { clock } }: VuContext, atMs: number): number {
  return Math.round(clock.wallNow() - (clock.now() - atMs));
}

function notThere(what: string): Error {
  return new Error(`getting ${what} information in the init context is not supported`);
}
