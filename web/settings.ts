import {
  type BootSettings,
  CPUS,
  type CpuName,
  EXPERIMENTS,
  type ExperimentName,
  POLICIES,
  type PolicyName,
} from './protocol.js';

/** What the page boots with when its address says nothing else: the founding experiment with the caches off. */
export const DEFAULTS: BootSettings = {
  cpu: 'mpc860',
  icache: false,
  dcache: false,
  clusters: 64,
  policy: 'rtems-4.6',
  experiment: 'out-of-clusters',
  chatter: 20,
  seed: 1,
};

/**
 * Reads settings from the fragment of the page's address (`#dcache=on&clusters=128`). Words that make no sense are
 * passed over: an address is not a form, and the page shows what it boots with.
 */
export function settingsFromHash(hash: string, defaults: BootSettings = DEFAULTS): BootSettings {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const settings: BootSettings = { ...defaults };
  const flag = (name: 'icache' | 'dcache') => {
    const value = words.get(name);
    if (value === 'on' || value === 'off') settings[name] = value === 'on';
  };
  const count = (name: 'clusters' | 'chatter' | 'seed' | 'records' | 'reclen' | 'mbufs', low: number) => {
    const text = words.get(name);
    const value = Number(text);
    if (text !== null && /^\d+$/.test(text) && value >= low && value <= 0xffff_ffff) settings[name] = value;
  };
  flag('icache');
  flag('dcache');
  count('clusters', 1);
  count('chatter', 0);
  count('seed', 0);
  count('records', 1);
  count('reclen', 1);
  count('mbufs', 1);
  const cpu = words.get('cpu') as CpuName;
  if (CPUS.includes(cpu)) settings.cpu = cpu;
  const policy = words.get('policy') as PolicyName;
  if (POLICIES.includes(policy)) settings.policy = policy;
  const experiment = words.get('experiment') as ExperimentName;
  if (EXPERIMENTS.includes(experiment)) settings.experiment = experiment;
  return settings;
}

/** The fragment that leads back to the settings; only what differs from the defaults. */
export function hashFromSettings(settings: BootSettings, defaults: BootSettings = DEFAULTS): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined || value === defaults[name as keyof BootSettings]) continue;
    words.set(name, typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value));
  }
  const text = words.toString();
  return text === '' ? '' : `#${text}`;
}
