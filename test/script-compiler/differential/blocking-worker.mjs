// Runs a script unmodified, with functions that really block this thread, and sends back its log
// lines.
import { compileFunction } from 'node:vm';
import { parentPort } from 'node:worker_threads';
import { response, socketOf, World } from './world.mjs';

const cell = new Int32Array(new SharedArrayBuffer(4));

function modulesOf(world) {
  const block = (name, ms) => {
    world.log(name);
    Atomics.wait(cell, 0, 0, 1);
    world.nowMs += ms;
    world.log(`/${name}`);
  };
  const k6 = { ...k6Of(world), sleep: (seconds) => block(`sleep ${seconds}`, seconds * 1000) };
  return { k6, 'k6/ws': { connect: connectIn(world) }, 'k6/http': httpOf(world, block), 'k6/data': { SharedArray } };
}

function k6Of(world) {
  return {
    fail: (message) => {
      throw new Error(message);
    },
    group: (name, run) => {
      world.log(`group ${name}`);
      try {
        return run();
      } finally {
        world.log(`/group ${name}`);
      }
    },
    check: (value, checks) => {
      let isWell = true;
      for (const [name, predicate] of Object.entries(checks)) {
        const passed = Boolean(typeof predicate === 'function' ? predicate(value) : predicate);
        world.log(`check ${name} ${passed}`);
        isWell &&= passed;
      }
      return isWell;
    },
  };
}

function connectIn(world) {
  return (url, ...rest) => {
    world.log(`connect ${url}`);
    const { socket, calls } = socketOf(world, url);
    rest.at(-1)(socket);
    for (const [handler, args] of calls()) handler(...args);
    world.log(`/connect ${url}`);
    return { status: 101, url };
  };
}

function httpOf(world, block) {
  const request = (name) => (url) => {
    block(`${name} ${url}`, 5);
    return response(url);
  };
  return {
    get: request('get'),
    post: request('post'),
    del: request('del'),
    batch: (urls) => {
      block(`batch ${urls.join()}`, 5);
      return urls.map(response);
    },
    asyncRequest: (method, url) => {
      world.log(`async ${method} ${url}`);
      return new Promise((resolve) => world.later(10, () => resolve(response(url))));
    },
  };
}

class SharedArray {
  constructor(name, load) {
    return load();
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function run({ code, calls }) {
  const world = new World();
  const modules = modulesOf(world);
  const module = { exports: {} };
  const globals = {
    require: (name) => modules[name],
    module,
    exports: module.exports,
    console: { log: (...parts) => world.log(...parts), error: (...parts) => world.log(...parts) },
    setTimeout: (callback, ms, ...args) => world.later(ms ?? 0, () => callback(...args)),
    clearTimeout: (id) => world.cancel(id),
    __VU: 1,
    __ITER: 0,
    __ENV: { NAME: 'value' },
  };
  try {
    const run = compileFunction(`"use strict"; ${code}`, Object.keys(globals));
    run(...Object.values(globals));
    for (const name of calls) await iterate(world, module.exports[name]);
  } catch (error) {
    world.log('threw', error);
  }
  return world.lines;
}

async function iterate(world, exported) {
  let returned;
  try {
    returned = exported({ start: 1 });
    if (!(returned instanceof Promise)) {
      // The script's own microtasks run first, as in the rewritten script.
      await settle();
      world.log('returned', returned);
    }
  } catch (error) {
    world.log('threw', error);
  }
  if (returned instanceof Promise) {
    returned.then(
      (value) => world.log('resolved', value),
      (error) => world.log('rejected', error),
    );
  }
  await settle();
  for (let timer = world.next(); timer !== undefined; timer = world.next()) {
    try {
      timer.run();
    } catch (error) {
      world.log('threw', error);
    }
    await settle();
  }
}

parentPort.on('message', (job) => {
  void run(job).then((lines) => parentPort.postMessage({ id: job.id, lines }));
});
