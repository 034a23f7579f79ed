import { Option } from 'commander';
import { UsageError } from '../errors.js';
import { BOOT_PARAM_KINDS, type BootParams } from '../firmware/boot-params.js';
import { CACHE_SETTINGS, type CacheSetting } from '../scenario/compare.js';

/** An option whose default reads in the help as a user would type it. */
export function option<T>(
  flags: string,
  description: string,
  parse: (text: string) => T,
  value: T,
  typed: string,
): Option {
  return new Option(flags, description).argParser(parse).default(value, typed);
}

/** Parses a whole number in a range. @throws UsageError naming the option */
export function wholeNumber(option: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < low || value > high) {
      throw new UsageError(`${option} takes a whole number from ${low} to ${high}, not '${text}'`);
    }
    return value;
  };
}

/** Parses a number in a range. @throws UsageError naming the option */
export function number(option: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < low || value > high) {
      throw new UsageError(`${option} takes a number from ${low} to ${high}, not '${text}'`);
    }
    return value;
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** Virtual time is kept in nanoseconds too, which a double counts exactly for 104 days. */
const LONGEST = 100 * 86_400;

/** Parses a duration such as `30s`, `90m`, `4h`, `1h30m`, or plain seconds. @throws UsageError */
export function duration(option: string): (text: string) => number {
  const bounded = (seconds: number, text: string): number => {
    if (seconds > LONGEST) throw new UsageError(`${option} takes a duration of 100d at most, not '${text}'`);
    return seconds;
  };
  return (text) => {
    if (/^\d+(\.\d+)?$/.test(text)) return bounded(Number(text), text);
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
    if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
      throw new UsageError(`${option} takes a duration such as 30s, 90m or 4h, not '${text}'`);
    }
    const seconds = parts.reduce((sum, part) => sum + Number(part[1]) * (UNITS[part[2] ?? 's'] ?? 1), 0);
    return bounded(seconds, text);
  };
}

/** Parses `--caches`. @throws UsageError */
export function cacheSetting(text: string): { icache: boolean; dcache: boolean } {
  const setting = Object.hasOwn(CACHE_SETTINGS, text) ? CACHE_SETTINGS[text as CacheSetting] : undefined;
  if (setting === undefined)
    throw new UsageError(`--caches takes ${Object.keys(CACHE_SETTINGS).join(', ')}, not '${text}'`);
  return setting;
}

/** Parses the words of `--boot`, `key=value`. @throws UsageError for a word the firmware does not know */
export function bootWords(text: string): BootParams {
  const params: Record<string, unknown> = {};
  for (const word of text.split(/\s+/).filter((w) => w !== '')) {
    const equals = word.indexOf('=');
    const [key, value] = [word.slice(0, equals), word.slice(equals + 1)];
    if (equals <= 0 || value === '') throw new UsageError(`--boot: '${word}' is not of the form key=value`);
    const kind = Object.hasOwn(BOOT_PARAM_KINDS, key)
      ? BOOT_PARAM_KINDS[key as keyof typeof BOOT_PARAM_KINDS]
      : undefined;
    if (kind === 'switch') {
      if (!['on', 'off', '1', '0'].includes(value))
        throw new UsageError(`--boot: ${key} takes on or off, not '${value}'`);
      params[key] = value === 'on' || value === '1';
    } else if (kind === 'number') {
      params[key] = wholeNumber(`--boot: ${key}`, 0, 2 ** 31)(value);
    } else if (kind === 'text') {
      params[key] = value;
    } else {
      throw new UsageError(
        `--boot: unknown parameter '${key}'; known: ${Object.keys(BOOT_PARAM_KINDS).sort().join(', ')}`,
      );
    }
  }
  return params as BootParams;
}
