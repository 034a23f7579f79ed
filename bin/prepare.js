// What `npm ci` leaves built. Not a chain of `npm run`: npm also comes here from `npx quicc860`, with an environment that
// points a nested npm at npx's own folder.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const at = (path) => fileURLToPath(new URL(path, root));

// npx links the package into its cache and prepares it each time; what is built stays built.
if (
  process.env['npm_command'] === 'exec' &&
  existsSync(at('dist/cli/main.js')) &&
  existsSync(at('dist/core-counting.wasm'))
) {
  process.exit(0);
}
for (const [tool, ...args] of [
  ['../bin/build-core.js'],
  ['typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  ['vite/bin/vite.js', 'build'],
]) {
  const done = spawnSync(process.execPath, [at(`node_modules/${tool}`), ...args], { cwd: at('.'), stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

// npm links the bins of dependencies, not those of the package itself.
mkdirSync(at('node_modules/.bin'), { recursive: true });
rmSync(at('node_modules/.bin/quicc860'), { force: true });
symlinkSync('../../bin/quicc860.js', at('node_modules/.bin/quicc860'));
chmodSync(at('bin/quicc860.js'), 0o755);
