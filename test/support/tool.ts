import { spawnSync } from 'node:child_process';

/** Whether a program is on this machine's PATH. */
export function hasTool(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** Programs that scripts of their own need, and the Debian package each comes from. */
export const TOOLS: Readonly<Record<string, string>> = {
  'powerpc-linux-gnu-gcc': 'gcc-powerpc-linux-gnu',
  'qemu-ppc': 'qemu-user',
  chromium: 'chromium',
  curl: 'curl',
  lftp: 'lftp',
  python3: 'python3',
  tshark: 'tshark',
};
