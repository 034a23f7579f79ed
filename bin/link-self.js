// npm links the bins of dependencies, not those of the package itself; with this link `npx quicc860` also works in a clone.
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const bin = new URL('node_modules/.bin/', root);
if (existsSync(new URL('node_modules/', root))) {
  mkdirSync(bin, { recursive: true });
  const link = new URL('quicc860', bin);
  rmSync(link, { force: true });
  symlinkSync('../../bin/quicc860.js', link);
  chmodSync(new URL('bin/quicc860.js', root), 0o755);
}
