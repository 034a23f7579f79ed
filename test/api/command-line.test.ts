import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OWNERS, runScenario } from 'quicc860';
import { describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/quicc860.js', import.meta.url));
const DOCS = fileURLToPath(new URL('../../docs', import.meta.url));
const DOCUMENT = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8');

const help = (...words: string[]): string =>
  execFileSync(process.execPath, [PROGRAM, ...words, '--help'], { encoding: 'utf8' });

/** The document's text under a heading, to the next one of the same or a higher level. */
function section(heading: string): string {
  const level = heading.indexOf(' ');
  const after = DOCUMENT.split(`\n${heading}\n`)[1];
  if (after === undefined) throw new Error(`docs/command-line.md has no heading '${heading}'`);
  return after.split(new RegExp(`^#{1,${level}} `, 'm'))[0] ?? '';
}

const distinct = (found: Iterable<RegExpMatchArray>): string[] =>
  [...new Set([...found].map((m) => m[1] ?? ''))].sort();
/** Options that begin a line of a help text, and options in the first column of a table. */
const offered = (text: string): string[] => distinct(text.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm));
const described = (text: string): string[] => distinct(text.matchAll(/^\|[^|]*`(--[a-z-]+)[^|]*\|/gm));

describe('docs/command-line.md', () => {
  it.each(['run', 'scenario'])('describes the options of %s and no others', (command) => {
    expect(described(section(`## quicc860 ${command}`))).toEqual(offered(help(command)));
  });

  it('has a section for each command', () => {
    const commands = distinct(help().matchAll(/^ {2}([a-z]+) \[/gm)).filter((name) => name !== 'help');
    expect(distinct(DOCUMENT.matchAll(/^## quicc860 ([a-z]+)$/gm))).toEqual(commands);
  });

  it('states the defaults that the help states', () => {
    for (const command of ['run', 'scenario']) {
      const text = help(command).replaceAll(/\s+/g, ' ');
      for (const [, name = '', value = ''] of section(`## quicc860 ${command}`).matchAll(
        /^\| `(--[a-z]+)[^|]*\| `?([^|`]+?)`? \|/gm,
      )) {
        const own = text.split(` ${name} `)[1]?.split(/ --?[a-z]/)[0] ?? '';
        const stated = /\(default: "?([^)"]+)"?\)/.exec(own)?.[1];
        if (stated !== undefined) expect(`${name} ${stated.replace(/.*, /, '')}`).toBe(`${name} ${value}`);
      }
    }
  });

  it('is followed by every command that README.md and docs/ show', () => {
    const known = { run: offered(help('run')), scenario: offered(help('scenario')) };
    const wrong: string[] = [];
    for (const document of ['README.md', ...readdirSync(DOCS).map((name) => `docs/${name}`)]) {
      if (!document.endsWith('.md')) continue;
      const text = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
      for (const [line, command] of text.matchAll(/quicc860 (run|scenario) [^`\n#]*/g)) {
        const options = known[command as keyof typeof known];
        const unknown = [...line.matchAll(/--[a-z-]+/g)].filter(([option]) => !options.includes(option));
        if (unknown.length > 0) wrong.push(`${document}: ${line}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('describes every field of the JSON result', async () => {
    const result = await runScenario('starved-responder', { records: 10, seconds: 30 });
    const text = section('### The JSON result');
    const rows = distinct(text.matchAll(/^\| (.*?) \|/gm)).flatMap((cell) => distinct(cell.matchAll(/`(\w+)`/g)));
    expect(new Set(rows)).toEqual(new Set(Object.keys(result)));
    const words = new Set(distinct(text.matchAll(/`([\w-]+)`/g)));
    const fields = [result.pool, result.ping, result.expected, ...result.sockets, ...result.tasks, ...result.turns];
    const names = [...fields, result.counters, result.stillWaiting, result.pool.mbufs].flatMap((o) => Object.keys(o));
    expect([...names, ...OWNERS].filter((name) => !words.has(name))).toEqual([]);
  });
});
