import '@xterm/xterm/css/xterm.css';
import './style.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { type Fact, factsOf, summaryOf } from './facts.js';
import { History } from './history.js';
import { css, inkOn, PALETTES, type ThemeName, terminalTheme } from './palette.js';
import { drawPool, OWNER_LABELS } from './poolview.js';
import {
  type BootSettings,
  CPUS,
  type CpuName,
  EXPERIMENTS,
  type ExperimentName,
  type FromWorker,
  letterOf,
  OWNERS,
  POLICIES,
  type PolicyName,
  type Reading,
  type Speed,
  type ToWorker,
} from './protocol.js';
import { DEFAULTS, hashFromSettings, settingsFromHash } from './settings.js';
import { clockText, secondsText, speedText } from './units.js';

type State = 'loading' | 'running' | 'paused' | 'stopped' | 'failed';

/** The console's width in columns that the panel's type is chosen for at most. */
const COLUMNS = 80;
/** Width of a character, CSS pixels: from the smallest that can be read to one for a hall. */
const MIN_CELL = 6;
const MAX_CELL = 10;
/** How long a refusal stays among the facts, host milliseconds. */
const NOTICE_MS = 8000;
/** The spoken summary changes at most this often, host milliseconds. */
const SUMMARY_MS = 10_000;
/** Spans of the history, virtual seconds; undefined is all since reset. */
const SPANS: readonly (number | undefined)[] = [undefined, 120, 600, 3600];
/** The transfer's momentary rate is over this many virtual seconds. */
const RATE_SECONDS = 2;

function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element as T;
}

const ui = {
  badge: byId('state'),
  clock: byId('clock'),
  achieved: byId('achieved'),
  facts: byId('facts'),
  pause: byId<HTMLButtonElement>('pause'),
  transfer: byId<HTMLButtonElement>('transfer'),
  chatter: byId<HTMLButtonElement>('chatter'),
  rate: byId<HTMLInputElement>('rate'),
  icache: byId<HTMLButtonElement>('icache'),
  dcache: byId<HTMLButtonElement>('dcache'),
  clusters: byId<HTMLInputElement>('clusters'),
  cpu: byId<HTMLSelectElement>('cpu'),
  member: byId('member'),
  policy: byId<HTMLSelectElement>('policy'),
  experiment: byId<HTMLSelectElement>('experiment'),
  span: byId<HTMLSelectElement>('span'),
  console: byId('console'),
  pool: byId('pool'),
  mirror: byId('mirror'),
  summary: byId('summary'),
  help: byId<HTMLDialogElement>('help-dialog'),
};

let settings: BootSettings = settingsFromHash(location.hash);
/** The chatter that the button switches on. */
let chatterRate = settings.chatter > 0 ? settings.chatter : DEFAULTS.chatter;
let state: State = 'loading';
let reading: Reading | undefined;
let span: number | undefined;
let notice: string | undefined;
let bootNumber = 0;
const history = new History();
let progress: { seconds: number; bytes: number }[] = [];

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'board' });
const send = (message: ToWorker) => worker.postMessage(message);

// Terminals

const terminalFont = getComputedStyle(document.documentElement).getPropertyValue('--mono');
const board = new Terminal({ fontFamily: terminalFont, scrollback: 20_000, cursorBlink: false });
const display = new Terminal({
  fontFamily: terminalFont,
  scrollback: 0,
  disableStdin: true,
  cursorInactiveStyle: 'none',
});
const fits = [
  { terminal: board, element: ui.console, fit: new FitAddon() },
  { terminal: display, element: ui.pool, fit: new FitAddon() },
];

function openTerminals(): void {
  for (const { terminal, element, fit } of fits) {
    terminal.loadAddon(fit);
    terminal.open(element);
    new ResizeObserver(() => fitTerminals()).observe(element);
  }
  board.textarea?.setAttribute('aria-label', 'Console of the board; Ctrl ] leaves');
  display.textarea?.setAttribute('tabindex', '-1');
  display.textarea?.setAttribute('aria-label', 'Display of the network buffers');
  ui.pool.tabIndex = 0;
  ui.console.tabIndex = -1;
  display.write('\x1b[?25l');
  board.onData((text) => send({ type: 'input', text }));
  // The display takes no keys: they are the page's shortcuts.
  display.attachCustomKeyEventHandler(() => false);
  board.attachCustomKeyEventHandler((event) => {
    if (!event.ctrlKey || event.altKey) return true;
    if (event.key === ']' || event.code === 'BracketRight') {
      if (event.type === 'keydown') ui.console.focus();
      event.preventDefault();
      return false;
    }
    // With text selected Ctrl C copies it, as everywhere else.
    return !(event.key === 'c' && board.hasSelection());
  });
}

/** Width of a character as a part of the type size. */
const advance = measureAdvance();
function measureAdvance(): number {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return 0.602;
  context.font = `100px ${terminalFont}`;
  return context.measureText('M').width / 100 || 0.602;
}

let fittedWidth = 0;
function fitTerminals(): void {
  const width = ui.console.clientWidth;
  if (width === 0) return;
  if (width !== fittedWidth) {
    fittedWidth = width;
    // Characters a whole number of device pixels wide: blocks then meet without seams. The scroll bar takes 16 px.
    const ratio = window.devicePixelRatio || 1;
    const cell = Math.floor(((width - 16) / COLUMNS) * ratio) / ratio;
    const size = Math.max(MIN_CELL, Math.min(MAX_CELL, cell)) / advance;
    for (const { terminal } of fits) terminal.options.fontSize = size;
  }
  for (const { fit } of fits) fit.fit();
  drawnLines = [];
  draw();
}

let drawnLines: string[] = [];
function draw(): void {
  if (!reading) return;
  const lines = drawPool(
    { reading, history, palette: PALETTES[theme()], ...optional({ span, rate: momentaryRate() }) },
    display.cols,
    display.rows,
  );
  let out = '';
  lines.forEach((line, row) => {
    if (line !== drawnLines[row]) out += `\x1b[${row + 1};1H${line}\x1b[K`;
  });
  drawnLines = lines;
  if (out !== '') display.write(out);
}

/** Whether what was last written to the console ended its line; the terminal itself lags behind. */
let atLineStart = true;
function print(text: string): void {
  if (text === '') return;
  board.write(text);
  atLineStart = text.endsWith('\n');
}

/** A line of the page's own in the console, told from the board's by being dim and marked. */
function remark(text: string): void {
  print(`${atLineStart ? '' : '\r\n'}\x1b[2m─ ${text}\x1b[0m\r\n`);
}

// Readings

function take(next: Reading): void {
  reading = next;
  if (next.lowestFree !== undefined) history.note(next.seconds, next.lowestFree);
  const { transfer, seconds } = next;
  if (transfer.state !== 'running') progress = [];
  else {
    progress.push({ seconds, bytes: transfer.bytes });
    while (progress.length > 2 && (progress[1]?.seconds ?? seconds) < seconds - RATE_SECONDS) progress.shift();
  }
  show();
}

function momentaryRate(): number | undefined {
  const first = progress[0];
  const last = progress.at(-1);
  if (!first || !last || last.seconds <= first.seconds) return undefined;
  return (last.bytes - first.bytes) / (last.seconds - first.seconds);
}

function show(): void {
  ui.badge.textContent = state;
  ui.badge.dataset['state'] = state;
  ui.pause.firstElementChild?.replaceChildren(state === 'paused' ? 'Run' : 'Pause');
  ui.pause.disabled = state === 'loading' || state === 'stopped' || state === 'failed';
  ui.transfer.disabled =
    state === 'loading' || state === 'stopped' || state === 'failed' || reading?.transfer.state === 'running';
  if (reading) {
    ui.clock.textContent = clockText(reading.seconds);
    ui.achieved.textContent = state === 'running' && reading.speed > 0 ? speedText(reading.speed) : '–';
  }
  const facts = reading ? factsOf(reading) : [];
  if (notice !== undefined) facts.unshift({ text: notice, alarm: true });
  showFacts(facts);
  mirror();
  speak(facts);
  draw();
}

let shownFacts = '';
function showFacts(facts: readonly Fact[]): void {
  const key = JSON.stringify(facts);
  if (key === shownFacts) return;
  shownFacts = key;
  ui.facts.replaceChildren(
    ...facts.map(({ text, alarm }) => {
      const item = document.createElement('li');
      item.textContent = text;
      item.classList.toggle('alarm', alarm);
      return item;
    }),
  );
}

/** The same readings as attributes, for tests and for programs that read the page. */
function mirror(): void {
  const data = ui.mirror.dataset;
  data['state'] = state;
  data['boot'] = String(bootNumber);
  if (!reading) return;
  data['seconds'] = reading.seconds.toFixed(3);
  data['clusters'] = String(reading.pool?.clusters ?? '');
  data['free'] = String(reading.pool?.free ?? '');
  data['cells'] = reading.pool?.cells ?? '';
  data['tasks'] = String(reading.tasks.length);
  data['transfer'] = reading.transfer.state;
  data['bytes'] = String(reading.transfer.bytes);
  if (reading.queries) data['queries'] = `${reading.queries.answered}/${reading.queries.sent}`;
  data['pings'] = `${reading.ping.answered}/${reading.ping.sent}`;
}

let spokenMs = Number.NEGATIVE_INFINITY;
let spokenAlarms = '';
function speak(facts: readonly Fact[]): void {
  if (!reading) return;
  const alarms = `${state} ${facts.filter((fact) => fact.alarm).length}`;
  const now = performance.now();
  if (now - spokenMs < SUMMARY_MS && alarms === spokenAlarms) return;
  spokenMs = now;
  spokenAlarms = alarms;
  ui.summary.textContent = `${state}. ${summaryOf(reading, facts)}`;
}

// Settings

function showSettings(): void {
  ui.icache.setAttribute('aria-pressed', String(settings.icache));
  ui.dcache.setAttribute('aria-pressed', String(settings.dcache));
  ui.clusters.value = String(settings.clusters);
  ui.cpu.value = settings.cpu;
  ui.member.textContent = settings.cpu.toUpperCase();
  ui.policy.value = settings.policy;
  ui.experiment.value = settings.experiment;
  ui.chatter.setAttribute('aria-pressed', String(settings.chatter > 0));
  ui.rate.value = String(chatterRate);
}

/** Boots with changed settings; the page shows them when the worker has agreed. */
function boot(changes: Partial<BootSettings> = {}): void {
  send({ type: 'boot', settings: { ...settings, ...changes } });
}

function booted(used: BootSettings): void {
  settings = used;
  bootNumber += 1;
  if (reading) remark(`reset at ${secondsText(reading.seconds)}`);
  const caches = `I-cache ${used.icache ? 'on' : 'off'}, D-cache ${used.dcache ? 'on' : 'off'}`;
  remark(`${used.cpu}, ${caches}, ${used.clusters} clusters, ${used.policy}, ${used.experiment}, seed ${used.seed}`);
  window.history.replaceState(null, '', hashFromSettings(used) || location.pathname + location.search);
  reading = undefined;
  progress = [];
  history.clear();
  notice = undefined;
  if (state !== 'paused') state = 'running';
  showSettings();
  show();
}

let noticeTimer = 0;
function tell(text: string): void {
  notice = text;
  clearTimeout(noticeTimer);
  noticeTimer = window.setTimeout(() => {
    notice = undefined;
    show();
  }, NOTICE_MS);
  remark(text);
  showSettings();
  show();
}

function setChatter(rate: number): void {
  settings = { ...settings, chatter: rate };
  send({ type: 'chatter', rate });
  showSettings();
}

function changeRate(): void {
  const rate = ui.rate.valueAsNumber;
  if (!Number.isInteger(rate) || rate < 1 || rate > 5000) {
    tell('chatter takes a whole number of frames per second from 1 to 5000');
    return;
  }
  chatterRate = rate;
  if (settings.chatter > 0) setChatter(rate);
}

function changeClusters(): void {
  const clusters = ui.clusters.valueAsNumber;
  if (!Number.isInteger(clusters) || clusters < 1) tell('the pool takes a whole number of clusters');
  else if (clusters !== settings.clusters) boot({ clusters });
}

function setSpeed(speed: Speed): void {
  send({ type: 'speed', speed });
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-speed]')) {
    button.setAttribute('aria-pressed', String(button.dataset['speed'] === String(speed)));
  }
}

function togglePause(): void {
  if (state !== 'running' && state !== 'paused') return;
  state = state === 'paused' ? 'running' : 'paused';
  send({ type: 'run', running: state === 'running' });
  show();
}

// Colours

type ThemeChoice = 'auto' | ThemeName;
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
let themeChoice: ThemeChoice = readChoice();

function readChoice(): ThemeChoice {
  try {
    const choice = localStorage.getItem('quicc860.theme');
    return choice === 'light' || choice === 'dark' ? choice : 'auto';
  } catch {
    return 'auto';
  }
}

function theme(): ThemeName {
  return themeChoice === 'auto' ? (prefersDark.matches ? 'dark' : 'light') : themeChoice;
}

function applyTheme(): void {
  document.documentElement.dataset['theme'] = themeChoice;
  byId('theme-name').textContent = themeChoice;
  for (const { terminal } of fits) terminal.options.theme = terminalTheme(theme());
  drawnLines = [];
  draw();
}

function nextTheme(): void {
  themeChoice =
    themeChoice === 'auto' ? (prefersDark.matches ? 'light' : 'dark') : themeChoice === 'dark' ? 'light' : 'dark';
  // The second step away from the system's choice leads back to it.
  if (themeChoice === (prefersDark.matches ? 'dark' : 'light')) themeChoice = 'auto';
  try {
    localStorage.setItem('quicc860.theme', themeChoice);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  applyTheme();
}

// Keys

const KEYS: readonly (readonly [key: string, what: string, act: () => void])[] = [
  ['p', 'pause or run', togglePause],
  ['r', 'reset: boot again with the same settings', () => boot()],
  ['1', 'real time', () => setSpeed(1)],
  ['2', 'ten times real time', () => setSpeed(10)],
  ['3', 'as fast as possible', () => setSpeed('max')],
  ['f', 'start the FTP transfer', () => ui.transfer.click()],
  ['b', 'broadcast chatter on or off', () => setChatter(settings.chatter > 0 ? 0 : chatterRate)],
  ['g', 'go to the chatter rate', () => ui.rate.select()],
  ['i', 'instruction cache on or off (reboots)', () => boot({ icache: !settings.icache })],
  ['d', 'data cache on or off (reboots)', () => boot({ dcache: !settings.dcache })],
  ['k', 'go to the number of clusters', () => ui.clusters.select()],
  ['u', 'go to the CPU: members of the family differ in their caches', () => ui.cpu.focus()],
  ['o', 'go to the policy', () => ui.policy.focus()],
  ['x', 'go to the experiment', () => ui.experiment.focus()],
  ['c', 'go to the console', () => board.focus()],
  ['h', 'length of the history', nextSpan],
  ['t', 'colours: as the system, light, dark', nextTheme],
  ['?', 'this help', () => ui.help.showModal()],
];

function nextSpan(): void {
  ui.span.selectedIndex = (ui.span.selectedIndex + 1) % SPANS.length;
  span = SPANS[ui.span.selectedIndex];
  draw();
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || ui.help.open) return;
  const target = event.target as HTMLElement;
  if (target === board.textarea || target.matches('input, select')) {
    if (event.key === 'Escape' && target !== board.textarea) target.blur();
    return;
  }
  const action = KEYS.find(([key]) => key === event.key.toLowerCase());
  if (!action) return;
  event.preventDefault();
  action[2]();
}

// Start

function fillHelp(): void {
  const pair = (term: string | HTMLElement, text: string) => {
    const dt = document.createElement('dt');
    const dd = document.createElement('dd');
    dt.append(term);
    dd.append(text);
    return [dt, dd];
  };
  const key = (name: string) => {
    const kbd = document.createElement('kbd');
    kbd.textContent = name.toUpperCase();
    return kbd;
  };
  byId('help-keys').replaceChildren(...KEYS.flatMap(([name, what]) => pair(key(name), what)));
  const colours = PALETTES[theme()].owners;
  byId('help-cells').replaceChildren(
    ...OWNERS.flatMap((owner) => {
      const swatch = document.createElement('span');
      swatch.className = 'swatch';
      swatch.textContent = letterOf(owner);
      swatch.style.background = css(colours[owner]);
      swatch.style.color = owner === 'free' ? 'inherit' : css(inkOn(colours[owner]));
      return pair(swatch, OWNER_LABELS[owner]);
    }),
  );
}

function connect(): void {
  ui.pause.addEventListener('click', togglePause);
  byId('reset').addEventListener('click', () => boot());
  ui.transfer.addEventListener('click', () => send({ type: 'transfer' }));
  ui.chatter.addEventListener('click', () => setChatter(settings.chatter > 0 ? 0 : chatterRate));
  ui.rate.addEventListener('change', changeRate);
  ui.icache.addEventListener('click', () => boot({ icache: !settings.icache }));
  ui.dcache.addEventListener('click', () => boot({ dcache: !settings.dcache }));
  ui.clusters.addEventListener('change', changeClusters);
  ui.cpu.append(...CPUS.map((name) => new Option(name)));
  ui.cpu.addEventListener('change', () => boot({ cpu: ui.cpu.value as CpuName }));
  ui.policy.append(...POLICIES.map((name) => new Option(name)));
  ui.policy.addEventListener('change', () => boot({ policy: ui.policy.value as PolicyName }));
  ui.experiment.append(...EXPERIMENTS.map((name) => new Option(name)));
  ui.experiment.addEventListener('change', () => boot({ experiment: ui.experiment.value as ExperimentName }));
  ui.span.append(...SPANS.map((s) => new Option(s === undefined ? 'since reset' : `last ${secondsText(s)}`)));
  ui.span.addEventListener('change', () => {
    span = SPANS[ui.span.selectedIndex];
    draw();
  });
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-speed]')) {
    const name = button.dataset['speed'];
    button.addEventListener('click', () => setSpeed(name === 'max' ? 'max' : name === '10' ? 10 : 1));
  }
  byId('theme').addEventListener('click', nextTheme);
  byId('help').addEventListener('click', () => ui.help.showModal());
  prefersDark.addEventListener('change', applyTheme);
  document.addEventListener('keydown', onKey);
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(data);
  worker.onerror = (event) => fail(event.message || 'the worker could not start');
}

function receive(message: FromWorker): void {
  switch (message.type) {
    case 'booted':
      booted(message.settings);
      break;
    case 'refused':
      if (bootNumber === 0) fail(message.message);
      else tell(message.message);
      break;
    case 'console':
      print(message.text);
      break;
    case 'reading':
      take(message.reading);
      break;
    case 'stopped':
      state = 'stopped';
      notice = `the board stopped: ${message.reason}`;
      clearTimeout(noticeTimer);
      remark(`the board stopped: ${message.reason}`);
      print(`${message.report.trimEnd().replace(/\r?\n/g, '\r\n')}\r\n`);
      show();
      break;
    case 'failed':
      fail(message.message);
      break;
  }
}

function fail(message: string): void {
  state = 'failed';
  notice = message;
  clearTimeout(noticeTimer);
  remark(message);
  show();
}

/** The given properties without those that are undefined. */
function optional<T extends object>(properties: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

openTerminals();
connect();
fillHelp();
showSettings();
applyTheme();
fitTerminals();
show();
boot();
