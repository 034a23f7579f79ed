import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { command, hasTool, WORK } from './paths.js';

/** A Debian source package, or the part of it that is used. */
export interface SourcePackage {
  /** Its name in the archive. */
  name: string;
  /** Members of the upstream archive to unpack, as `tar --wildcards` takes them; all when absent. */
  only?: string;
}

const APT = `${WORK}/apt`;
const DOWNLOADS = `${WORK}/downloads`;
const ATTEMPTS = 3;

/** apt with sources, lists and cache of its own: the system's configuration stays as it is, and no privilege is needed. */
const OPTIONS = [
  `Dir::Etc::SourceList=/dev/null`,
  `Dir::Etc::SourceParts=${APT}/sources`,
  `Dir::State::Lists=${APT}/lists`,
  `Dir::Cache=${APT}/cache`,
  'APT::Sandbox::User=',
].flatMap((option) => ['-o', option]);

const KEYRINGS = ['debian', 'ubuntu'].map((name) => `/usr/share/keyrings/${name}-archive-keyring.gpg`);

const folderOf = (name: string): string => `${WORK}/sources/${name}`;

/** Where a package that was fetched lies. */
export function sourceFolder(name: string): string {
  return folderOf(name);
}

/** Upstream name and version of a package that was fetched. */
export function sourceVersion(name: string): string {
  return readFileSync(`${folderOf(name)}/.version`, 'utf8');
}

/** deb-src lines for the distribution's own archives, as the system's configuration has them for binary packages. */
function sourceLines(): string[] {
  const listed = spawnSync('apt-get', ['indextargets', 'Created-By: Packages', 'Component: main'], {
    encoding: 'utf8',
  });
  const lines = new Set<string>();
  for (const target of listed.stdout.split('\n\n')) {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(target)?.[1] ?? '';
    const keyring = KEYRINGS.find((file) => file.includes(field('Origin').toLowerCase()) && existsSync(file));
    if (field('Origin') === '' || keyring === undefined) continue;
    lines.add(`deb-src [signed-by=${keyring}] ${field('Repo-URI')} ${field('Release')} main`);
  }
  return [...lines];
}

let updated: string | undefined;
/** What the last attempt to fetch the lists complained of; some of them may be here all the same. */
let complaint = '';

/** Fetches the source lists once a run. Returns why there are none, or ''. */
function updateLists(): string {
  if (updated !== undefined) return updated;
  if (!hasTool('apt-get')) updated = 'no apt-get here';
  else {
    const lines = sourceLines();
    for (const folder of ['sources', 'lists/partial', 'cache/archives/partial']) {
      mkdirSync(`${APT}/${folder}`, { recursive: true });
    }
    writeFileSync(`${APT}/sources/sources.list`, `${lines.join('\n')}\n`);
    updated = lines.length === 0 ? "apt's configuration names no Debian archive (or `apt-get update` never ran)" : '';
    for (let n = 0; updated === '' && n < ATTEMPTS; n++) {
      const update = spawnSync('apt-get', [...OPTIONS, '-qq', 'update'], { encoding: 'utf8' });
      complaint = update.stderr.trim().split('\n')[0] ?? '';
      if (update.status === 0 && complaint === '') break;
    }
  }
  return updated;
}

/**
 * Makes sure that a package's upstream source is unpacked: from an earlier run, or fetched with apt, which checks
 * signature and checksums.
 * @returns why it cannot be had, or ''
 */
export async function fetchSource({ name, only }: SourcePackage): Promise<string> {
  const folder = folderOf(name);
  if (existsSync(folder)) return '';
  const reason = updateLists();
  if (reason !== '') return reason;
  const to = `${DOWNLOADS}/${name}`;
  mkdirSync(to, { recursive: true });
  let said = '';
  for (let n = 0; n < ATTEMPTS; n++) {
    const got = spawnSync('apt-get', [...OPTIONS, '-qq', 'source', '--download-only', '--only-source', name], {
      cwd: to,
      encoding: 'utf8',
    });
    said = got.stderr.trim().split('\n').at(-1) ?? '';
    if (got.status === 0) break;
  }
  const archive = readdirSync(to).find((file) => /\.orig\.tar\.(gz|bz2|xz)$/.test(file));
  if (archive === undefined) return `apt-get source ${name}: ${complaint || said}`;
  const fresh = `${folder}.partial`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const part = only === undefined ? [] : ['--wildcards', only];
  try {
    await command('tar', ['xf', `${to}/${archive}`, '--strip-components=1', ...part], fresh);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  writeFileSync(`${fresh}/.version`, archive.replace(/\.orig\.tar.*/, ''));
  renameSync(fresh, folder);
  rmSync(to, { recursive: true, force: true });
  return '';
}
