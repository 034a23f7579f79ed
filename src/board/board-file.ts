import { UsageError } from '../errors.js';
import { BOARDS, type BoardDescription, checkBoard } from './boards.js';

/** What a field of a board file holds. */
type Kind = 'number' | 'text' | 'banks' | 'registers' | 'upm' | 'phy' | 'flash' | 'spi' | 'i2c';

/** Fields of a board file, those of `BoardDescription`; docs/board.schema.json says the same in JSON Schema. */
const FIELDS: Readonly<Record<Exclude<keyof BoardDescription, 'name'>, Kind>> = {
  cpu: 'text',
  coreHz: 'number',
  oscmHz: 'number',
  extclkHz: 'number',
  ramBytes: 'number',
  flashBytes: 'number',
  flash: 'flash',
  dataFlashBytes: 'number',
  spiEeprom: 'spi',
  i2cEeprom: 'i2c',
  immr: 'number',
  banks: 'banks',
  upma: 'upm',
  upmb: 'upm',
  registers: 'registers',
  dataFlashSelect: 'number',
  console: 'text',
  phy: 'phy',
  ethernet: 'text',
  mac: 'text',
  loader: 'text',
  model: 'text',
  compatible: 'text',
  resetWord: 'number',
};
const OPTIONAL = new Set([
  'flash',
  'spiEeprom',
  'i2cEeprom',
  'upma',
  'upmb',
  'phy',
  'ethernet',
  'loader',
  'model',
  'compatible',
  'resetWord',
]);
/** Not fields: the schema that editors check with, and the board that the others are changes of. */
const SCHEMA = '$schema';
const BASE = 'base';

/**
 * A board of the user's own from a JSON file. Numbers are JSON numbers or strings such as "0xfff00000"; `base` names a
 * known board whose fields hold where the file is silent.
 *
 * @param text the file's content
 * @param name what to call it in errors, and the board's name where the file gives none
 * @throws UsageError naming the field that is unknown, missing or cannot be
 */
export function parseBoardFile(text: string, name: string): BoardDescription {
  const bad = (why: string): UsageError => new UsageError(`${name}: ${why}`);
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const number = (value: unknown, field: string): number => {
    const parsed = typeof value === 'string' && /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : value;
    if (typeof parsed === 'number' && Number.isInteger(parsed)) return parsed;
    throw bad(`${field} must be a whole number, or a string such as "0xfff00000", not ${JSON.stringify(value)}`);
  };
  const numbers = (value: unknown, field: string): number[] => {
    if (!Array.isArray(value)) throw bad(`${field} must be a list of numbers`);
    return value.map((entry, i) => number(entry, `${field}[${i}]`));
  };
  const object = (value: unknown, field: string, keys: readonly string[]): Record<string, unknown> => {
    if (!isObject(value)) throw bad(`${field} must be an object with ${keys.join(', ')}`);
    for (const key of Object.keys(value)) {
      if (!keys.includes(key)) throw bad(`${field} has no field '${key}'; known: ${keys.join(', ')}`);
    }
    return value;
  };
  const list = (value: unknown, field: string): unknown[] => {
    if (!Array.isArray(value)) throw bad(`${field} must be a list`);
    return value;
  };
  const eeprom = (value: unknown, field: string, last: string): unknown => {
    const keys = ['bytes', 'page', last];
    const given = object(value, field, keys);
    return Object.fromEntries(keys.map((key) => [key, number(given[key], `${field}.${key}`)]));
  };
  const read: Readonly<Record<Kind, (value: unknown, field: string) => unknown>> = {
    number,
    text: (value, field) => {
      if (typeof value !== 'string' || value === '')
        throw bad(`${field} must be a string, not ${JSON.stringify(value)}`);
      return value;
    },
    banks: (value, field) =>
      list(value, field).map((entry, i) => {
        const at = `${field}[${i}]`;
        const { cs, kind, br, or } = object(entry, at, ['cs', 'kind', 'br', 'or']);
        if (kind !== 'ram' && kind !== 'flash' && kind !== 'empty') throw bad(`${at}.kind must be ram, flash or empty`);
        return { cs: number(cs, `${at}.cs`), kind, br: number(br, `${at}.br`), or: number(or, `${at}.or`) };
      }),
    registers: (value, field) =>
      list(value, field).map((entry, i) => {
        const triple = numbers(entry, `${field}[${i}]`);
        if (triple.length !== 3) throw bad(`${field}[${i}] must be [offset, size in bytes, value]`);
        return triple;
      }),
    upm: (value, field) => {
      if (!isObject(value)) throw bad(`${field} must be an object of patterns`);
      return Object.fromEntries(Object.entries(value).map(([key, list]) => [key, numbers(list, `${field}.${key}`)]));
    },
    flash: (value, field) => {
      const { chip, chips } = object(value, field, ['chip', 'chips']);
      return { chip: read.text(chip, `${field}.chip`), chips: number(chips, `${field}.chips`) };
    },
    spi: (value, field) => eeprom(value, field, 'select'),
    i2c: (value, field) => eeprom(value, field, 'address'),
    phy: (value, field) => {
      const { address, id } = object(value, field, ['address', 'id']);
      return { address: number(address, `${field}.address`), id: number(id, `${field}.id`) };
    },
  };
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw bad(`not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isObject(file)) throw bad('a board file is a JSON object');
  const base = file[BASE];
  if (base !== undefined && (typeof base !== 'string' || !Object.hasOwn(BOARDS, base))) {
    throw bad(`base must be one of ${Object.keys(BOARDS).join(', ')}, not ${JSON.stringify(base)}`);
  }
  const board: Record<string, unknown> = { ...(typeof base === 'string' ? BOARDS[base] : {}), name };
  for (const [field, value] of Object.entries(file)) {
    if (field === SCHEMA || field === BASE) continue;
    if (field === 'name') board['name'] = read.text(value, field);
    else if (Object.hasOwn(FIELDS, field)) board[field] = read[FIELDS[field as keyof typeof FIELDS]](value, field);
    else throw bad(`unknown field '${field}'; known: name, ${BASE}, ${Object.keys(FIELDS).join(', ')}`);
  }
  for (const field of Object.keys(FIELDS)) {
    if (board[field] === undefined && !OPTIONAL.has(field)) throw bad(`${field} is missing (or name a base)`);
  }
  const description = board as unknown as BoardDescription;
  checkBoard(description);
  return description;
}
