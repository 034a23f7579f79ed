import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { boardImage } from './image.js';
import { BARE, command, HERE, WORK } from './paths.js';
import { MUSL, type Program } from './programs.js';
import { sourceFolder } from './sources.js';

const CC = 'powerpc-linux-gnu-gcc';
const MUSL_BUILD = `${WORK}/musl`;
/** The part has no floating-point unit; musl's long double for such a machine is binary64. */
const TARGET = ['-mcpu=860', '-msoft-float', '-mlong-double-64', '-fno-stack-protector', '-fno-pic', '-fno-pie'];
const BARE_METAL = [
  ...'-mcpu=860 -msoft-float -O2 -ffreestanding -fno-builtin -fno-pic -fno-pie -fno-stack-protector'.split(' '),
  ...'-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -msdata=none'.split(' '),
];
/** Directories of musl that a program which computes and prints can reach. */
const MUSL_PARTS =
  'conf ctype env errno exit fcntl internal ldso linux locale malloc malloc/mallocng math misc multibyte prng process ' +
  'sched search select setjmp signal stat stdio stdlib string temp thread time unistd fenv dirent mman';

const mostly = (printed: string): string => printed.trim().split('\n').slice(-3).join(' ');

/** Where a program's executables and objects of one build are, by the compiler's flags. */
const folderOf = (program: Program, flags: readonly string[]): string => {
  const all = [...flags, ...(program.flags ?? [])].join(' ');
  return `${WORK}/obj/${program.name}/${createHash('sha256').update(all).digest('hex').slice(0, 12)}`;
};

/** Runs jobs, as many at a time as there are processors. */
async function atOnce(jobs: (() => Promise<void>)[]): Promise<void> {
  const rest = [...jobs];
  const worker = async (): Promise<void> => {
    for (let job = rest.shift(); job !== undefined; job = rest.shift()) await job();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** A job that compiles one file; the object of another's file is kept, as its source never changes. */
function compile(file: string, object: string, flags: readonly string[], fresh: boolean): () => Promise<void> {
  return async () => {
    if (!fresh && existsSync(object)) return;
    await command(CC, [...flags, '-w', '-c', '-o', `${object}.new`, file], WORK);
    renameSync(`${object}.new`, object);
  };
}

/** Builds the C library and the floating-point routines. */
export async function buildRuntime(): Promise<void> {
  const source = sourceFolder(MUSL.name);
  mkdirSync(MUSL_BUILD, { recursive: true });
  const flags = ['-O2', ...TARGET, '-w'].join(' ');
  if (!existsSync(`${MUSL_BUILD}/config.mak`)) {
    const options = ['--target=powerpc-linux-musl', '--disable-shared', 'CROSS_COMPILE=powerpc-linux-gnu-', `CC=${CC}`];
    await command(`${source}/configure`, [...options, 'LIBCC=-lgcc', `CFLAGS=${flags}`], MUSL_BUILD);
  }
  const parts = MUSL_PARTS.split(' ').map((part) => `${source}/src/${part}`);
  const make = [`-j${availableParallelism()}`, `SRC_DIRS=${parts.join(' ')} ${source}/crt`, 'lib/libc.a', 'lib/crt1.o'];
  await command('make', make, MUSL_BUILD);
  await command(CC, [...BARE_METAL, '-c', '-o', `${WORK}/softfloat.o`, `${HERE}/runtime/softfloat.c`], WORK);
}

/** Builds the monitor, which carries a program on the board. */
export async function buildMonitor(): Promise<void> {
  const link =
    '-nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,norelro -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments';
  const files = ['vectors.S', 'kernel.c'].map((name) => `${HERE}/runtime/${name}`).concat(`${BARE}/bare.c`);
  const how = [
    ...BARE_METAL,
    '-Wall',
    '-Wextra',
    '-Werror',
    `-I${BARE}`,
    ...link.split(' '),
    '-T',
    `${HERE}/runtime/kernel.ld`,
  ];
  await command(CC, [...how, '-o', `${WORK}/monitor.elf`, ...files, '-lgcc'], WORK);
}

/** The files of one build. */
export interface Built {
  /** The Linux executable, for qemu-ppc. */
  executable: string;
  /** The same program with the monitor, for the board. */
  image: string;
}

/**
 * Compiles a program with the flags given and links it with musl.
 * @throws Error with what the compiler said
 */
export async function build(program: Program, flags: readonly string[]): Promise<Built> {
  const folder = folderOf(program, flags);
  mkdirSync(folder, { recursive: true });
  const source = sourceFolder(program.source.name);
  const musl = sourceFolder(MUSL.name);
  const gcc = spawnSync(CC, ['-print-file-name=include'], { encoding: 'utf8' }).stdout.trim();
  const system = [`${musl}/include`, `${MUSL_BUILD}/obj/include`, `${musl}/arch/powerpc`, `${musl}/arch/generic`, gcc];
  const how = [...flags, ...TARGET, '-nostdinc', ...system.flatMap((path) => ['-isystem', path]), ...common(program)];
  const objects = await compileAll(program, source, folder, how);
  const executable = `${folder}/${program.name}.qemu`;
  const libc = `${MUSL_BUILD}/lib/libc.a`;
  await command(
    CC,
    [
      ...'-nostdlib -static -no-pie -Wl,-z,noexecstack -Wl,-Ttext-segment=0x100000 -Wl,-z,max-page-size=4096'.split(
        ' ',
      ),
      ...'-Wl,-z,norelro -Wl,--build-id=none -Wl,--gc-sections -Wl,--no-warn-mismatch -o'.split(' '),
      ...[executable, `${MUSL_BUILD}/lib/crt1.o`, ...objects, libc, `${WORK}/softfloat.o`, '-lgcc', libc],
    ],
    WORK,
  );
  const image = `${folder}/${program.name}.elf`;
  writeFileSync(image, boardImage(readFileSync(`${WORK}/monitor.elf`), readFileSync(executable)));
  return { executable, image };
}

/**
 * The same source with Debian's C library and a floating-point unit, for qemu-ppc: an opinion that shares nothing with the
 * board's run but the source.
 * @returns the executable, or why there is none
 */
export async function buildElsewhere(program: Program): Promise<{ executable: string } | { missing: string }> {
  const probe = spawnSync(CC, ['-static', '-x', 'c', '-', '-o', '/dev/null'], { input: 'int main(void){}' });
  if (probe.status !== 0)
    return { missing: `Debian's libc6-dev-powerpc-cross is not here (${mostly(`${probe.stderr}`)})` };
  const flags = ['-O2', '-mhard-float'];
  const folder = folderOf(program, flags);
  mkdirSync(folder, { recursive: true });
  const source = sourceFolder(program.source.name);
  const objects = await compileAll(program, source, folder, [...flags, ...common(program)]);
  const executable = `${folder}/${program.name}.glibc`;
  await command(CC, ['-static', '-o', executable, ...objects, '-lm'], WORK);
  return { executable };
}

function common(program: Program): string[] {
  const ours = (program.ourInclude ?? []).map((path) => `${HERE}/drivers/${path}`);
  const theirs = program.include.map((path) => `${sourceFolder(program.source.name)}/${path}`);
  return [...ours, ...theirs].map((path) => `-I${path}`).concat(program.flags ?? []);
}

async function compileAll(
  program: Program,
  source: string,
  folder: string,
  flags: readonly string[],
): Promise<string[]> {
  const driver = `${HERE}/drivers/${program.name}.c`;
  const all = [driver, ...program.files.map((file) => `${source}/${file}`)];
  const objects = all.map((file, i) => `${folder}/${i}-${file.replace(/.*\//, '').replace(/\.c$/, '.o')}`);
  const script = `-DSCRIPT="${HERE}/drivers/lua.lua"`;
  await atOnce(all.map((file, i) => compile(file, objects[i] ?? '', i === 0 ? [...flags, script] : flags, i === 0)));
  return objects;
}
