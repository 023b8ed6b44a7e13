// The warm worker of JavaScript and TypeScript: judges programs in memory and runs none of them.
// Arguments: `javascript`, or `typescript` and folders. The first holds node_modules; a program's
// imports are looked up as if it stood in one of the others, in turn, and in the first at last.
'use strict';
const path = require('path');
const readline = require('readline');
const vm = require('vm');

const MODULE_ONLY = [
  'Cannot use import statement outside a module',
  "Unexpected token 'export'",
  "Cannot use 'import.meta' outside a module",
];

// The place is in the first lines of the stack, where node has put it there.
function findingOf(error) {
  const [place, , carets] = error.stack.split('\n');
  const line = /^program\.js:(\d+)$/.exec(place);
  const found = { message: error.message, code: error.name };
  if (line) {
    found.line = found.end_line = Number(line[1]);
    if (/^\s*\^+$/.test(carets || '')) {
      found.column = carets.indexOf('^') + 1;
      found.end_column = carets.length + 1;
    }
  }
  return found;
}

function javascript() {
  const names = ['exports', 'require', 'module', '__filename', '__dirname'];
  const { decorateErrorStack = () => {} } = require('internal/util');
  const failure = (compile) => {
    try {
      compile();
    } catch (error) {
      return error;
    }
  };
  return ({ source, kind }) => {
    const text = source.replace(/^#!.*/, '');
    const asCommon = () => vm.compileFunction(text, names, { filename: 'program.js' });
    const common = kind !== 'module' && failure(asCommon);
    if (kind !== 'module' && !common) return { findings: [] };
    const asModule = () => new vm.SourceTextModule(text, { identifier: 'program.js' });
    const esm = kind !== 'commonjs' && failure(asModule);
    if (kind !== 'commonjs' && !esm) return { findings: [], module: true };
    const error = esm && (!common || MODULE_ONLY.includes(common.message)) ? esm : common;
    if (!(error instanceof SyntaxError)) return { broken: String(error) };
    if (error === esm) decorateErrorStack(error);
    return { findings: [findingOf(error)] };
  };
}

function typescript(folder, projects) {
  const ts = require(path.join(folder, 'node_modules', 'typescript'));
  const file = path.join(folder, 'program.ts');
  const stands = projects.map((own) => path.join(own, 'program.ts'));
  // What only a module may have: `await` at the top level, `import.meta`.
  const moduleOnly = ['TS1343', 'TS1378', 'TS1432'];
  const common = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    moduleDetection: ts.ModuleDetectionKind.Force,
    types: ['node'],
    typeRoots: [path.join(folder, 'node_modules', '@types')],
    skipLibCheck: true,
    ignoreDeprecations: '5.0',
  };
  for (const own of projects) {
    // Of the project's own options, what its names stand for; the rest are ours.
    const config = ts.findConfigFile(own, ts.sys.fileExists);
    const parsed = config && ts.getParsedCommandLineOfConfigFile(config, {}, {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: () => {},
    });
    const { baseUrl, paths, pathsBasePath } = (parsed && parsed.options) || {};
    if (baseUrl || paths) Object.assign(common, { baseUrl, paths, pathsBasePath });
  }
  const esm = { ...common, module: ts.ModuleKind.ES2022 };
  let options = common;
  let text = '';
  let version = 0;
  const host = {
    getScriptFileNames: () => [file],
    getScriptVersion: (name) => (name === file ? String(version) : '0'),
    getScriptSnapshot: (name) => {
      const words = name === file ? text : ts.sys.readFile(name);
      return words === undefined ? undefined : ts.ScriptSnapshot.fromString(words);
    },
    getCurrentDirectory: () => folder,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    realpath: ts.sys.realpath,
    resolveModuleNameLiterals: (words, from, redirected, settings, source) =>
      words.map((word) => {
        const mode = ts.getModeForUsageLocation(source, word, settings);
        const places = from === file ? [...stands, file] : [from];
        const tried = places.map((place) =>
          ts.resolveModuleName(word.text, place, settings, host, undefined, redirected, mode),
        );
        return tried.find((one) => one.resolvedModule) || tried[0];
      }),
  };
  const service = ts.createLanguageService(host, ts.createDocumentRegistry());
  const place = (source, offset) => {
    const { line, character } = ts.getLineAndCharacterOfPosition(source, offset);
    return [line + 1, character + 1];
  };
  const finding = (diagnostic) => {
    const found = {
      message: ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'),
      code: `TS${diagnostic.code}`,
      severity: diagnostic.category === ts.DiagnosticCategory.Error ? 'error' : 'warning',
    };
    if (diagnostic.file && diagnostic.file.fileName === file) {
      const end = diagnostic.start + diagnostic.length;
      [found.line, found.column] = place(diagnostic.file, diagnostic.start);
      [found.end_line, found.end_column] = place(diagnostic.file, end);
    }
    return found;
  };
  const judged = (source, as) => {
    text = source;
    version += 1;
    options = as;
    const said = [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)];
    return said.map(finding);
  };
  const wrong = (found) => found.severity === 'error';
  return ({ source, unit, kind }) => {
    let module = kind === 'module';
    let findings = judged(source, module ? esm : common);
    if (!kind && findings.some((found) => moduleOnly.includes(found.code))) {
      const others = judged(source, esm);
      module = !others.some(wrong);
      if (module) findings = others;
    }
    const answer = { findings, module };
    if (unit && !findings.some(wrong)) {
      const compilerOptions = module ? esm : common;
      answer.code = ts.transpileModule(unit, { fileName: file, compilerOptions }).outputText;
    }
    return answer;
  };
}

const [mode, folder, ...projects] = process.argv.slice(2);
const judge = mode === 'typescript' ? typescript(folder, projects) : javascript();
if (mode === 'typescript') judge({ source: 'export {};' }); // loads the libraries
process.stdout.write('{"ready":true}\n');
readline.createInterface({ input: process.stdin, terminal: false }).on('line', (line) => {
  let answer;
  try {
    answer = judge(JSON.parse(line));
  } catch (error) {
    answer = { broken: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
