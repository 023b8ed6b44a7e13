// TypeScript 7 as a session: judges each program of a JSON file, in one process, one after the other.
// Arguments: a folder with node_modules/typescript 7, and the file, a list of texts. Prints a list of
// lists of error codes, and the seconds without the start.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const [folder, file] = process.argv.slice(2);
const from = createRequire(path.join(folder, 'x.js'));
const { API } = await import(from.resolve('typescript/unstable/sync'));
const config = path.join(folder, 'tsconfig.json');
const program = path.join(folder, 'program.ts');
const compilerOptions = {
  target: 'es2022',
  module: 'commonjs',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  strict: false,
  types: ['node'],
  skipLibCheck: true,
  noEmit: true,
};
fs.writeFileSync(config, JSON.stringify({ compilerOptions, files: ['program.ts'] }));
let text = 'export {};';
const api = new API({ cwd: folder, fs: { readFile: (name) => (name === program ? text : undefined) } });
fs.writeFileSync(program, text);

function judge(source) {
  text = source;
  const fileChanges = { changed: [program] };
  const snapshot = api.updateSnapshot({ openProjects: [config], fileChanges });
  const project = snapshot.getProject(config);
  const of = project.program;
  const said = [...of.getSyntacticDiagnostics(program), ...of.getSemanticDiagnostics(program)];
  const errors = said.filter((one) => one.category === 1);
  snapshot.dispose();
  return errors.map((one) => one.code);
}

judge(text);
const programs = JSON.parse(fs.readFileSync(file, 'utf8'));
const start = performance.now();
const found = programs.map(judge);
console.log(JSON.stringify({ found, seconds: (performance.now() - start) / 1000 }));
api.close();
