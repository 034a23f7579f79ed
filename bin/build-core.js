// Builds dist/core.wasm and dist/core-counting.wasm from assembly/, at the same time; what is newer than all its sources stays.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const TARGETS = { release: 'dist/core.wasm', counting: 'dist/core-counting.wasm' };

const sources = [
  'asconfig.json',
  'bin/build-core.js',
  'node_modules/assemblyscript/package.json',
  'assembly',
  ...readdirSync(`${root}/assembly`, { recursive: true }).map((name) => `assembly/${name}`),
];
const changed = Math.max(...sources.map((name) => statSync(`${root}/${name}`).mtimeMs));

/** Exit code of one run of the compiler. */
function compile(target, file) {
  const asc = ['node_modules/assemblyscript/bin/asc.js', 'assembly/index.ts', '--config', 'asconfig.json'];
  if (existsSync(`${root}/${file}`) && statSync(`${root}/${file}`).mtimeMs > changed) return 0;
  return new Promise((resolve) => {
    spawn(process.execPath, [...asc, '--target', target], { cwd: root, stdio: 'inherit' }).on('close', (code) =>
      resolve(code ?? 1),
    );
  });
}

const codes = await Promise.all(Object.entries(TARGETS).map(([target, file]) => compile(target, file)));
process.exitCode = Math.max(...codes);
