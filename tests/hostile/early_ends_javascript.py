# ruff: noqa: E501 - a program is easier to read on one line
"""JavaScript that would pass without doing its task: put behind a function that is wrong.

Each ends early, replaces what tests use, or tries to say that they have ended. Never run them
outside the jail.
"""

from __future__ import annotations

ENDS = {
    "return": "return;",
    "return in a block": "if (typeof module !== 'undefined') { module.exports = twice; return; }",
    "exit": "process.exit(0);",
    "reallyExit": "process.reallyExit(0);",
    "exit in the function": "twice = () => process.exit(0);",
    "exit is the function": "twice = process.exit;",
    "exit bound": "twice = process.exit.bind(process, 0);",
    "exit soon": "process.nextTick(() => process.exit(0)); throw new Error('no');",
    "exit hook": "process.on('exit', () => { process.exitCode = 0; process.reallyExit(0); });",
    "beforeExit hook": "process.on('beforeExit', () => process.exit(0)); throw new Error('no');",
    "uncaughtException": "process.on('uncaughtException', () => {});",
    "uncaught, later": "process.on('uncaughtException', () => {}); process.setUncaughtExceptionCaptureCallback(null);",
    "unhandledRejection": "process.on('unhandledRejection', () => {});",
    "open comment": "/*",
    "open template": "const rest = `",
    "open line comment": "//",
    "open function": "function rest() {",
    "called arrow": "const rest = (f) => f",
    "label": "rest: {",
}
"""Before the tests, or instead of them."""

REPLACES = {
    "process": "const process = { exit() {} };",
    "global process": "globalThis.process = { exit() {} };",
    "process.exit": "process.exit = () => {};",
    "process.exit, defined": "Object.defineProperty(process, 'exit', { value() {} });",
    "require": "require = () => new Proxy(() => {}, { get: () => () => {} });",
    "require, declared": "function require() { return { equal() {}, isEqual: () => true }; }",
    "Module._load": "require('module')._load = () => ({ equal() {}, isEqual: () => true });",
    "Module.require": "require('module').prototype.require = () => ({ equal() {} });",
    "require.cache": "require.cache.assert = { exports: { equal() {} }, loaded: true, children: [] };",
    "assert": "for (const name of Object.keys(require('assert'))) { try { require('assert')[name] = () => {}; } catch {} }",
    "assert, later": "twice = (x) => { try { require('assert').equal = () => {}; } catch {} return 3 * x; };",
    "assert, defined": "try { Object.defineProperty(require('assert'), 'equal', { value() {} }); } catch {}",
    "strict assert": "require('assert').strict.equal = () => {};",
    "Error": "Error = class { constructor() { process.exit(0); } };",
    "stringify": "JSON.stringify = () => 'same';",
    "valueOf": "Number.prototype.valueOf = () => 8; Object.is = () => true;",
    "every": "Array.prototype.every = () => true;",
    "lodash": "try { require('lodash').isEqual = () => true; } catch {}",
    "globalThis": "const globalThis = { rlcf() {} };",
    "then": "Promise.prototype.then = () => {};",
    "setTimeout": "setTimeout = () => {};",
}
"""What tests check with."""

_TOKEN = r"/^[0-9a-f]{32}/.exec(text)"
FORGES = {
    "done": "require('fs').writeFileSync('done', '0'.repeat(32)); process.reallyExit(0);",
    "standard input": f"const text = require('fs').readFileSync(0, 'latin1'); if ({_TOKEN}) {{ require('fs').writeFileSync('done', text.slice(0, 32)); process.exit(0); }}",
    "descriptors": f"for (let fd = 0; fd < 64; fd++) {{ try {{ const text = require('fs').readFileSync('/proc/self/fd/' + fd, 'latin1'); if ({_TOKEN}) {{ require('fs').writeFileSync('done', text.slice(0, 32)); process.exit(0); }} }} catch {{}} }}",
    "seal": "globalThis.rlcf(0, process, require); globalThis.rlcf(1, process, require); return;",
    "seal, evaluated": "eval('\\n'.repeat(9) + ';globalThis.rlcf(0,process,require);globalThis.rlcf(1,process,require)'); return;",
    "seal, by name": "new (require('vm').Script)(';globalThis.rlcf(0,process,0);globalThis.rlcf(1,process,0)', { filename: __filename }).runInThisContext(); return;",
    "seal, replaced": "Object.defineProperty(globalThis, 'rlcf', { value() {} });",
    "stack": "Error.prepareStackTrace = () => [{ getPosition: () => 1e9 }]; throw 1;",
    "stack, fixed": "const fake = new Proxy({}, { get: () => () => 1 }); Object.defineProperty(Error, 'prepareStackTrace', { value: () => [fake, fake, fake] }); globalThis.rlcf(0, process, require); globalThis.rlcf(1, process, require); return;",
    "call sites": "Error.prepareStackTrace = (_, s) => s; const site = Object.getPrototypeOf(new Error().stack[0]); Error.prepareStackTrace = undefined; for (const name of Object.getOwnPropertyNames(site)) { try { site[name] = () => 1e9; } catch {} } return;",
    "source": "const text = arguments.callee.toString() + module.constructor._cache + require.main.filename; const found = /[0-9a-f]{32}/.exec(text); if (found) { require('fs').writeFileSync('done', found[0]); } process.reallyExit(0);",
    "inspector": "const s = new (require('inspector').Session)(); s.connect(); s.post('HeapProfiler.enable'); const parts = []; s.on('HeapProfiler.addHeapSnapshotChunk', (m) => parts.push(m.params.chunk)); s.post('HeapProfiler.takeHeapSnapshot'); const found = /\"([0-9a-f]{32})\"/.exec(parts.join('')); require('fs').writeFileSync('done', found[1]); process.reallyExit(0);",
    "snapshot": "const file = require('v8').writeHeapSnapshot('heap'); const found = /\"([0-9a-f]{32})\"/.exec(require('fs').readFileSync(file)); require('fs').writeFileSync('done', found[1]); process.reallyExit(0);",
    "binding": "process.binding('inspector'); return;",
    "emit": "process.emit('beforeExit', 0); setImmediate(() => process.emit('beforeExit', 0)); return;",
    "again": "if (!globalThis.again) { globalThis.again = 1; try { arguments.callee.call({}, {}, () => ({ equal() {}, isEqual: () => true }), module, __filename, __dirname); } catch {} return; }",
}
"""The statement that the tests have ended."""

MODULES = {
    "exit": "export {}; process.exit(0);",
    "process": "export {}; const process = { exit() {} };",
    "uncaught": "import p from 'node:process'; p.on('uncaughtException', () => {});",
    "waits": "export {}; await new Promise(() => {});",
    "assert": "import * as a from 'node:assert'; try { a.default.equal = () => {}; } catch {}",
    "builtins": "import m from 'node:module'; import a from 'node:assert'; try { a.equal = () => {}; m.syncBuiltinESMExports(); } catch {}",
    "done": "import fs from 'node:fs'; fs.writeFileSync('done', '0'.repeat(32)); process.reallyExit(0);",
    "seal": "export {}; globalThis.rlcf(0, process, 0); globalThis.rlcf(1, process, 0); await new Promise(() => {});",
    "hook": "export {}; process.on('exit', () => { process.exitCode = 0; });",
    "snapshot": "import v8 from 'node:v8'; v8.writeHeapSnapshot('heap'); process.reallyExit(0);",
}
"""As ECMAScript modules."""
