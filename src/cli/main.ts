import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { GuestStopped, UsageError } from '../errors.js';
import '../node/index.js';
import { addCompareCommand } from './compare.js';
import { addProfileCommand } from './profile.js';
import { addRunCommand } from './run.js';
import { addScenarioCommands } from './scenario.js';

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** One line on stderr, whatever a file or an argument in it is called. */
function complain(message: string): void {
  const line = message.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  process.stderr.write(`quicc860: ${line}\n`);
}

/** Nobody reads on (`| head`): an end like any other. A full disk: said, and a failure. */
function outputFailed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  complain(`standard output cannot be written (${error.code}); send it elsewhere`);
  process.exit(2);
}

/** What is wrong with the words of the command line, and where to read what is right. */
function commandLineError(error: CommanderError, program: Command, args: readonly string[]): string {
  const commands = program.commands.map((command) => command.name());
  const command = commands.find((name) => name === args[0]);
  if (command === undefined && (error.code === 'commander.help' || error.code === 'commander.unknownCommand')) {
    const unknown = args[0] === 'help' ? args[1] : args[0];
    const what = unknown === undefined ? 'no command given' : `unknown command '${unknown}'`;
    return `${what}; known: ${commands.join(', ')} (see quicc860 --help)`;
  }
  const what = error.message.replace(/^error: /, '').replace(/\.$/, '');
  return `${what} (see quicc860${command === undefined ? '' : ` ${command}`} --help)`;
}

/**
 * The command line.
 * @param args the words after the program's name
 * @returns the exit code: 0 well, 1 the guest stopped or an experiment failed, 2 bad input
 */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  process.stdout.on('error', outputFailed);
  process.stderr.on('error', () => {});
  const program = new Command('quicc860')
    .description('A Motorola MPC860 board, emulated down to its caches')
    .version(version())
    .exitOverride()
    .showSuggestionAfterError(false)
    // Errors are printed below, each on one line.
    .configureOutput({ writeErr: () => {} });
  const done = (result: number): void => {
    code = result;
  };
  addRunCommand(program, done);
  addScenarioCommands(program, done);
  addCompareCommand(program, done);
  addProfileCommand(program, done);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      complain(commandLineError(error, program, args));
      return 2;
    }
    if (error instanceof UsageError) {
      complain(error.message);
      return 2;
    }
    if (error instanceof GuestStopped) {
      complain(error.message);
      process.stderr.write(`${error.report}\n`);
      return 1;
    }
    throw error;
  }
}
