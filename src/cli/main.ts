import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { GuestStopped, UsageError } from '../errors.js';
import '../node/index.js';
import { addRunCommand } from './run.js';
import { addScenarioCommands } from './scenario.js';

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/**
 * The command line.
 * @param args the words after the program's name
 * @returns the exit code: 0 well, 1 the guest stopped or an experiment failed, 2 bad input
 */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = new Command('quicc860')
    .description('A Motorola MPC860 board, emulated down to its caches')
    .version(version())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'quicc860: ')) });
  const done = (result: number): void => {
    code = result;
  };
  addRunCommand(program, done);
  addScenarioCommands(program, done);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UsageError) {
      process.stderr.write(`quicc860: ${error.message}\n`);
      return 2;
    }
    if (error instanceof GuestStopped) {
      process.stderr.write(`quicc860: ${error.message}\n${error.report}\n`);
      return 1;
    }
    throw error;
  }
}
