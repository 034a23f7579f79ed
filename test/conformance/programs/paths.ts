import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository; this file runs as build/conformance/programs/paths.js. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** C and assembly of ours: the monitor, the drivers. */
export const HERE = `${ROOT}test/conformance/programs`;
/** What the bare-metal programs share with the monitor: caches, MMU, SMC1. */
export const BARE = `${ROOT}firmware-fixtures/bench`;
/** Everything fetched or made; kept from run to run. */
export const WORK = `${ROOT}build/programs`;

/** Whether a program is on this machine's PATH. */
export function hasTool(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** Runs a command to its end. @throws Error with what it printed when it fails */
export async function command(program: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      printed += piece.toString('latin1');
    });
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
  if (code !== 0) throw new Error(`${program} ${args.join(' ').slice(0, 1000)} (in ${cwd}):\n${printed.slice(-4000)}`);
}
