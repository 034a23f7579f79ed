import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ENTRY = fileURLToPath(new URL('../../src/node/index.ts', import.meta.url));
const CONFIG = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));

/** A name of the public interface: an export, or `Export.member`. */
export interface PublicName {
  name: string;
  /** Its doc comment as text, one inherited from an implemented interface included; empty without one. */
  doc: string;
  /** `file:line` of its declaration. */
  where: string;
  /** Names of this project's types in its signature that a user could not import. */
  unnameable: string[];
}

function isInternal(symbol: ts.Symbol): boolean {
  return symbol.getJsDocTags().some((tag) => tag.name === 'internal');
}

function isHidden(declaration: ts.Declaration): boolean {
  const name = ts.getNameOfDeclaration(declaration);
  if (name !== undefined && ts.isPrivateIdentifier(name)) return true;
  return (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) !== 0;
}

function resolve(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** This project's types in a declaration's own signature, without its body, its initialiser and its members. */
function mentioned(checker: ts.TypeChecker, declaration: ts.Declaration): ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeReferenceNode(node)) {
      const symbol = checker.getSymbolAtLocation(node.typeName);
      const target = symbol === undefined ? undefined : resolve(checker, symbol);
      const file = target?.declarations?.[0]?.getSourceFile().fileName ?? '';
      if (target !== undefined && file.includes('/src/') && !(target.flags & ts.SymbolFlags.TypeParameter)) {
        found.push(target);
      }
    }
    ts.forEachChild(node, visit);
  };
  if (ts.isTypeAliasDeclaration(declaration)) visit(declaration.type);
  else if (ts.isFunctionLike(declaration)) {
    for (const parameter of declaration.parameters) if (parameter.type !== undefined) visit(parameter.type);
    if (declaration.type !== undefined) visit(declaration.type);
  } else if ((ts.isPropertyDeclaration(declaration) || ts.isPropertySignature(declaration)) && declaration.type) {
    visit(declaration.type);
  }
  return found;
}

/** Everything that `import … from 'quicc860'` gives: exports, and the public members of exported classes and interfaces. */
export function publicNames(): PublicName[] {
  const config = ts.readConfigFile(CONFIG, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(
    config.config,
    ts.sys,
    fileURLToPath(new URL('../..', import.meta.url)),
  );
  const program = ts.createProgram([ENTRY], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(ENTRY);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${ENTRY} is not a module`);
  const names: PublicName[] = [];
  const exports = checker.getExportsOfModule(module).map((symbol) => resolve(checker, symbol));
  const add = (name: string, symbol: ts.Symbol, declaration: ts.Declaration): void => {
    const file = declaration.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
    const doc = ts.displayPartsToString(symbol.getDocumentationComment(checker));
    const where = `${file.fileName.replace(/^.*\/src\//, 'src/')}:${line + 1}`;
    const unnameable = mentioned(checker, declaration).filter((type) => !exports.includes(type));
    names.push({ name, doc, where, unnameable: unnameable.map((type) => type.name) });
  };
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = resolve(checker, exported);
    const declaration = symbol.declarations?.[0];
    if (declaration === undefined || isInternal(symbol)) continue;
    add(exported.name, symbol, declaration);
    const members = [...(symbol.members?.values() ?? [])];
    const statics = symbol.flags & ts.SymbolFlags.Class ? [...(symbol.exports?.values() ?? [])] : [];
    for (const member of [...members, ...statics]) {
      const at = member.declarations?.[0];
      if (at === undefined || isHidden(at) || isInternal(member)) continue;
      // Constructors and overrides of Error's fields explain themselves by their parameters' types.
      if (ts.isConstructorDeclaration(at) || ts.isTypeParameterDeclaration(at)) continue;
      if (ts.getCombinedModifierFlags(at) & ts.ModifierFlags.Override) continue;
      add(`${exported.name}.${member.name}`, member, at);
    }
  }
  return names;
}
