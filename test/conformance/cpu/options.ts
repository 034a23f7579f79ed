/** Arguments of the command. */

import { CONFIGURATIONS, type Configuration } from './core.js';
import { FORMS } from './instructions.js';

export interface Options {
  readonly seed: number;
  /** Instructions to execute, at least, in each configuration. */
  readonly instructions: number;
  readonly configurations: readonly Configuration[];
  readonly only: ReadonlySet<string> | undefined;
  /** Folder in which the files of the runs stay. */
  readonly keep: string | undefined;
}

/** Executed in each configuration if no number is given: CI's run. */
const INSTRUCTIONS = 12_000_000;

export const USAGE = `npm run conformance:cpu -- [--seed N] [--instructions N] [--caches NAME,…] [--only MNEMONIC,…] [--keep DIR]
  --seed N            seed of the first program; the next ones have N + 1, N + 2, … (1)
  --instructions N    execute at least so many in each configuration, at least one program (${INSTRUCTIONS})
  --caches NAME,…     of ${CONFIGURATIONS.map(({ name }) => name).join(', ')} (all)
  --only MNEMONIC,…   let programs consist of these, besides what their frame needs
  --keep DIR          leave QEMU's program, input and output there`;

/** The command's options from its arguments; throws an Error whose message is for the user. */
export function parseOptions(args: readonly string[]): Options {
  let seed = 1;
  let instructions = INSTRUCTIONS;
  let configurations: readonly Configuration[] = CONFIGURATIONS;
  let only: ReadonlySet<string> | undefined;
  let keep: string | undefined;
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i] ?? '';
    const value = args[i + 1];
    if (!['--seed', '--instructions', '--caches', '--only', '--keep'].includes(name)) {
      throw new Error(`unknown argument ${name}\n${USAGE}`);
    }
    if (value === undefined) throw new Error(`${name} needs a value`);
    if (name === '--seed') seed = whole(name, value);
    else if (name === '--instructions') instructions = whole(name, value);
    else if (name === '--caches') configurations = value.split(',').map(configurationNamed);
    else if (name === '--only') only = new Set(value.split(',').map(mnemonic));
    else keep = value;
  }
  return { seed, instructions, configurations, only, keep };
}

function whole(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${name} ${text}: not a whole number`);
  return Number(text);
}

function configurationNamed(name: string): Configuration {
  const found = CONFIGURATIONS.find((c) => c.name === name);
  if (found === undefined) {
    throw new Error(`--caches ${name}: there are ${CONFIGURATIONS.map((c) => c.name).join(', ')}`);
  }
  return found;
}

function mnemonic(text: string): string {
  if (FORMS.every((f) => f.mnemonic !== text)) {
    throw new Error(
      `--only ${text}: no instruction of the MPC860 is written so (test/conformance/cpu/instructions.ts has them)`,
    );
  }
  return text;
}
