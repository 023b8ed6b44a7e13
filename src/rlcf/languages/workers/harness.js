// Runs a unit of JavaScript (`Test.sealed`) and says that its tests have come to their end.
// Arguments: the unit's file, and `commonjs` or `module`. Standard input: the token, and how many
// bytes of the unit come before the call at the tests' start, and before the one at their end.
//
// Believed is only a call that stands at its own place in the unit, with nothing of the unit below
// it; V8 says where it stands. What is used once the program runs is taken aside before. The token
// lies in a variable that no other code can name; heap snapshots and the inspector are refused.
'use strict';
const assert = require('assert');
const { createHash } = require('crypto');
const { readFileSync, openSync, writeSync, closeSync, symlinkSync } = require('fs');
const Module = require('module');
const { resolve } = require('path');
const v8 = require('v8');
const vm = require('vm');

const { apply, ownKeys } = Reflect;
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { captureStackTrace } = Error;
const leave = process.exit;
const resources = process.getActiveResourcesInfo || (() => []);
const soon = setImmediate;
const plain = (value, open) => ({ __proto__: null, value, writable: open, configurable: open });
const fix = (object, name, value) => defineProperty(object, name, plain(value, false));

const file = resolve(process.argv[2]);
const isModule = process.argv[3] === 'module';
const done = resolve('done');
const bytes = readFileSync(file);
const unit = bytes.toString().replace(/^\uFEFF/, '');
const [token, ...counts] = readFileSync(0, 'latin1').split('\n');
const [start, end] = counts.slice(0, 2).map((count) => {
  const at = bytes.subarray(0, Number(count)).toString().replace(/^\uFEFF/, '').length;
  return { at, call: unit.indexOf('rlcf', at), reached: false };
});
const tests = unit.slice(start.at, end.at);
const hash = createHash('sha256').update(unit).digest('hex');

// The places in the unit that a call of `below` came through, innermost first; -1 for others.
function places(below, depth = 200) {
  const limit = getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  const shown = getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const holder = {};
  defineProperty(Error, 'stackTraceLimit', plain(depth, true));
  defineProperty(Error, 'prepareStackTrace', plain((_, sites) => sites, true));
  captureStackTrace(holder, below);
  const sites = holder.stack;
  defineProperty(Error, 'stackTraceLimit', limit || plain(10, true));
  if (shown) defineProperty(Error, 'prepareStackTrace', shown);
  else delete Error.prepareStackTrace;
  const found = { __proto__: null, length: sites.length, sites };
  for (let i = 0; site && i < sites.length; i++) {
    const own = !apply(site.isEval, sites[i], []) && apply(site.getScriptHash, sites[i], []) === hash;
    found[i] = own ? apply(site.getPosition, sites[i], []) : -1;
  }
  return found;
}
let site;
site = { ...Object.getOwnPropertyDescriptors(getPrototypeOf(places(places).sites[0])) };
for (const name of Object.keys(site)) site[name] = site[name].value;

// Where in the tests a function was called; -1 if elsewhere, or through code of the program.
function inTests(below) {
  const found = places(below);
  for (let i = 0; i < found.length; i++) {
    if (found[i] >= 0 && (found[i] < start.at || found[i] >= end.at)) return -1;
  }
  return start.reached ? found[0] : -1;
}

// Promises of the tests that are still open: of their async functions, and of their calls of `then`.
// What stands behind such a wait was not checked.
const open = new Set();
const { add, delete: remove } = Set.prototype;
const { get: sizeOf } = getOwnPropertyDescriptor(Set.prototype, 'size');
const chains = { __proto__: null, then: true, catch: true, finally: true };
const made = function made(promise, parent) {
  if (!start.reached) return;
  const found = places(made, 4);
  let at = 0;
  while (parent && at < found.length && found[at] < 0) {
    if (!chains[apply(site.getFunctionName, found.sites[at], [])]) return;
    at++;
  }
  if (parent && !at) return; // of an `await`: the function's own promise waits with it
  if (found[at] >= start.at && found[at] < end.at) apply(add, open, [promise]);
};
if (v8.promiseHooks) {
  v8.promiseHooks.createHook({
    init: made,
    settled: (promise) => apply(remove, open, [promise]),
  });
}

// What tests check with.
const functionsOf = (object) => {
  const kept = [];
  for (const name of ownKeys(object)) {
    const found = getOwnPropertyDescriptor(object, name);
    if (found && typeof found.value === 'function') kept.push([object, name, found.value]);
  }
  return kept;
};
const compared = [
  [Object, Array, Number, String, JSON, Reflect, Object.prototype, Array.prototype],
  [Number.prototype, String.prototype, Map.prototype, Set.prototype, Function.prototype],
].flatMap((objects) => objects.flatMap(functionsOf));
const atStart = [
  ...compared,
  ...[Promise, Promise.prototype, Math, Date, Date.prototype, globalThis].flatMap(functionsOf),
  ...[Module, Module.prototype].flatMap(functionsOf),
];
function same(kept) {
  for (let i = 0; i < kept.length; i++) {
    const [object, name, value] = kept[i];
    const found = getOwnPropertyDescriptor(object, name);
    if (!found || found.value !== value) return false;
  }
  return true;
}
const pin = (object) => functionsOf(object).forEach(([, name, value]) => fix(object, name, value));
[assert, assert.strict, assert.AssertionError, require('util').types].forEach(pin);
fix(require('util'), 'isDeepStrictEqual', require('util').isDeepStrictEqual);

const require_ = Module.createRequire(file);
const libraries = [];
for (const [, name] of tests.matchAll(/(?:\brequire\(\s*|\bfrom\s*|\bimport\s*)['"]([^'"./][^'"]*)['"]/g)) {
  if (Module.builtinModules.includes(name.replace(/^node:/, ''))) continue;
  try {
    const exported = require_(name);
    const entry = Module._cache[require_.resolve(name)];
    fix(entry, 'exports', exported);
    libraries.push([require_.resolve(name), entry]);
    if (exported !== null && /object|function/.test(typeof exported)) pin(exported);
  } catch {} // the tests will say so themselves
}
function loadedAsBefore() {
  for (const name of Module.builtinModules) delete Module._cache[name];
  for (const [path, entry] of libraries) if (Module._cache[path] !== entry) return false;
  return true;
}

// The end.
function finish() {
  const fd = openSync(done, 'w');
  writeSync(fd, token);
  closeSync(fd);
}
function fail(words) {
  process.exitCode = 1;
  const error = new assert.AssertionError({ message: words });
  error.stack = `AssertionError: ${words}`;
  throw error;
}
process.on('beforeExit', () => {
  if (!end.reached || end.told) return;
  // By the event loop, or by one who pretends to be it: only then is there nothing left to do.
  soon(() => {
    const left = resources().filter((name) => name !== 'PipeWrap' && name !== 'TTYWrap');
    if (left.length || end.told) return;
    end.told = true;
    if (apply(sizeOf, open, [])) return;
    if (process.exitCode) fail(`the tests ended with status ${process.exitCode}`);
    finish();
  });
});
process.setUncaughtExceptionCaptureCallback((error) => {
  end.told = true; // whoever may handle it
  throw error;
});

function rlcf(which, process_, required) {
  const mark = which ? end : start;
  const found = places(rlcf);
  let inside = 0;
  for (let i = 0; i < found.length; i++) inside += found[i] >= 0;
  if (found[0] !== mark.call || inside !== 1) return;
  const whole = process_ === process && (isModule || required === require_);
  if (whole && same(which ? compared : atStart) && loadedAsBefore()) mark.reached = true;
  else throw new Error('the program replaced what its tests use');
}
let exit = function exit(code) {
  const at = inTests(exit);
  if (at < 0 || !unit.startsWith('exit', at)) return apply(leave, process, [code]);
  const status = code === undefined ? process.exitCode : code;
  end.told = true;
  if (Number(status || 0)) fail(`the tests ended with status ${status}`);
  finish();
  return apply(leave, process, [0]);
};
defineProperty(process, 'exit', {
  __proto__: null,
  enumerable: true,
  configurable: false,
  get: () => exit,
  set: function set(value) {
    if (inTests(set) >= 0) exit = value; // a mock
  },
});
for (const [object, name, value] of [
  [globalThis, 'rlcf', rlcf],
  [globalThis, 'Error', Error],
  [globalThis, 'process', process],
  [process, 'setUncaughtExceptionCaptureCallback', () => {}],
]) {
  fix(object, name, value);
}
for (const [object, ...names] of [
  [v8, 'getHeapSnapshot', 'writeHeapSnapshot', 'setFlagsFromString', 'startupSnapshot'],
  [require('inspector').Session.prototype, 'connect', 'connectToMainThread'],
  [process, 'binding', '_linkedBinding'],
]) {
  for (const name of names) {
    fix(object, name, () => {
      throw new Error(`${name} is refused here: it reaches into what runs the tests`);
    });
  }
}

process.argv.splice(1, 2, file);
delete require.cache[__filename];
if (isModule) {
  if (process.env.NODE_PATH) symlinkSync(process.env.NODE_PATH, 'node_modules');
  Module.syncBuiltinESMExports();
  import(file);
} else {
  const main = new Module(file, null);
  Object.assign(main, { id: '.', filename: file, paths: require_.resolve.paths('x') });
  process.mainModule = require_.main = main;
  const loader = (vm.constants || {}).USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const names = ['exports', 'require', 'module', '__filename', '__dirname'];
  const run = vm.compileFunction(unit, names, {
    filename: file,
    importModuleDynamically: loader || ((name) => import(name)),
  });
  apply(run, main.exports, [main.exports, require_, main, file, resolve('.')]);
}
