import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'build/docs-snippets');
const run = promisify(execFile);

interface Snippet {
  /** `docs/library.md:12`. */
  where: string;
  file: string;
  code: string;
}

/** The blocks fenced as ts in a document. */
function snippets(document: string): Snippet[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length + 1;
    const file = join(FOLDER, `${document.replaceAll(/\W/g, '-')}-${line}.ts`);
    return { where: `${document}:${line}`, file, code: match[1] ?? '' };
  });
}

const all = ['README.md', 'docs/library.md'].flatMap(snippets);

describe('the code in README.md and docs/library.md', () => {
  beforeAll(() => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    for (const { file, code } of all) writeFileSync(file, code);
  });

  it('is there', () => {
    expect(all.length).toBeGreaterThan(10);
  });

  it('has right types in the project’s strictest settings', () => {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    // Examples index plain records by name.
    const program = ts.createProgram(
      all.map(({ file }) => file),
      { ...options, noPropertyAccessFromIndexSignature: false, noUnusedLocals: false },
    );
    const errors = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const at = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      return `${file?.fileName}:${at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    expect(errors).toEqual([]);
  });

  it.each(all)('$where runs', async ({ file, code }) => {
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
    const script = file.replace(/ts$/, 'mjs');
    writeFileSync(script, ts.transpileModule(code, { compilerOptions: options }).outputText);
    // In the clone's folder, where 'quicc860' is the package itself; what it throws is in the rejection's text.
    await run(process.execPath, [script], { cwd: ROOT, timeout: 60_000 });
  });
});

/** Headings as the anchors that GitHub and others make of them. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** README.md, docs/, and the firmware's own notes. */
const DOCUMENTS = [
  'README.md',
  ...['docs', 'firmware-fixtures'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  ),
].filter((name) => name.endsWith('.md'));

describe('links', () => {
  it.each(DOCUMENTS)('of %s lead somewhere', (document) => {
    const text = readFileSync(join(ROOT, document), 'utf8');
    const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
    const dead: string[] = [];
    for (const [, target = ''] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(ROOT, document) : resolve(ROOT, dirname(document), path);
      if (!existsSync(file)) dead.push(target);
      else if (anchor !== undefined && !anchors(readFileSync(file, 'utf8')).includes(anchor)) dead.push(target);
    }
    expect(dead).toEqual([]);
  });
});
