import type { History } from './history.js';
import { inkOn, type Palette, type Rgb } from './palette.js';
import { letterOf, OWNERS, type OwnerName, type PoolView, type Reading, type TaskView } from './protocol.js';
import { bytesText, percentText, rateText, secondsText } from './units.js';

/** What the pool display shows. */
export interface PoolScene {
  reading: Reading;
  history: History;
  /** Length of the history shown, virtual seconds; undefined for all since reset. */
  span?: number;
  /** Bytes per virtual second over the last moments, while a transfer runs. */
  rate?: number;
  palette: Palette;
}

/** What the page calls each owner. */
export const OWNER_LABELS: Record<OwnerName, string> = {
  'rx-ring': 'rx ring',
  'tx-ring': 'tx ring',
  'so-snd': 'socket send',
  'so-rcv': 'socket recv',
  'ip-input': 'IP input',
  'if-queue': 'if queue',
  reassembly: 'reassembly',
  other: 'other',
  free: 'free',
};

const EIGHTHS = ' ▁▂▃▄▅▆▇█';

/** One line of a terminal that knows its width, so that nothing ever wraps. */
class Line {
  #out = '';
  #left: number;

  constructor(columns: number) {
    this.#left = columns;
  }

  put(text: string, foreground?: Rgb, background?: Rgb): this {
    const shown = text.slice(0, this.#left);
    if (shown === '') return this;
    this.#left -= shown.length;
    if (foreground) this.#out += `\x1b[38;2;${foreground.join(';')}m`;
    if (background) this.#out += `\x1b[48;2;${background.join(';')}m`;
    this.#out += shown;
    if (foreground || background) this.#out += '\x1b[0m';
    return this;
  }

  get left(): number {
    return this.#left;
  }

  toString(): string {
    return this.#out;
  }
}

/** Draws the display: exactly `rows` lines with ANSI colours, none wider than `columns`. */
export function drawPool(scene: PoolScene, columns: number, rows: number): string[] {
  const width = columns - 1;
  const { reading, palette } = scene;
  const { pool } = reading;
  const traffic = drawTraffic(scene, width);
  const tasks = drawTasks(reading.tasks, reading.seconds, width, palette);

  let blocks: Line[][];
  if (pool) {
    const cells = drawCells(pool, width, Math.max(6, Math.floor(rows * 0.4)), palette);
    const head = [drawHead(pool, width, palette)];
    const legend = drawLegend(pool, width, palette);
    const mbufs = drawMbufs(pool, width, palette);
    // The chart takes what the rest and the empty lines leave, within reason; a flat chart is worse than no empty lines.
    const gaps = Math.max(0, Math.min(4, rows - 33));
    const rest = [head, cells, legend, mbufs, traffic, tasks].reduce((sum, block) => sum + block.length, gaps);
    const chart = drawChart(scene, pool, width, Math.max(2, Math.min(14, rows - rest - CHART_FRAME)));
    blocks = [head, [...cells, ...legend], chart, [...mbufs, ...traffic], tasks];
  } else {
    const head = new Line(width).put('CLUSTERS ', palette.text);
    blocks = [[head.put('the firmware has not set up its buffers yet', palette.dim)], traffic, tasks];
  }

  // Where rows are scarce the empty lines go first, then the last tasks.
  const wanted = blocks.reduce((sum, block) => sum + block.length, 0);
  let gaps = Math.max(0, rows - wanted);
  const lines: string[] = [];
  blocks.forEach((block, i) => {
    if (i > 0 && gaps-- > 0) lines.push('');
    for (const line of block) lines.push(String(line));
  });
  if (lines.length > rows) {
    const hidden = lines.length - rows + 1;
    lines.splice(rows - 1, hidden, String(new Line(width).put(`${hidden} more lines in a larger window`, palette.dim)));
  }
  while (lines.length < rows) lines.push('');
  return lines;
}

/** Title, baseline and axis of the chart, lines. */
const CHART_FRAME = 3;

function drawHead(pool: PoolView, width: number, palette: Palette): Line {
  return new Line(width)
    .put('CLUSTERS ', palette.text)
    .put(`${pool.clusters} of 2 KiB   `, palette.dim)
    .put(`${pool.free} free`, pool.free === 0 ? palette.alarm : palette.text)
    .put('   drops ', palette.dim)
    .put(`${pool.stats.drops}`, palette.text)
    .put('  waits ', palette.dim)
    .put(`${pool.stats.waits}`, palette.text)
    .put('  drains ', palette.dim)
    .put(`${pool.stats.drains}`, palette.text);
}

/** The grid. Cells are as large as the room allows: square with gaps, then plain, then a single letter each. */
function drawCells(pool: PoolView, width: number, room: number, palette: Palette): Line[] {
  const owners = new Map<string, Rgb>(OWNERS.map((owner) => [letterOf(owner), palette.owners[owner]]));
  const colourOf = (letter: string): Rgb => owners.get(letter) ?? palette.owners.other;
  const inkOf = (letter: string): Rgb => (letter === '.' ? palette.dim : inkOn(colourOf(letter)));
  const perRow = (cell: number) => 2 ** Math.floor(Math.log2(Math.max(1, Math.floor((width + 1) / cell))));
  const rowsFor = (cell: number) => Math.ceil(pool.clusters / perRow(cell));

  const lines: Line[] = [];
  // A full line and the upper half of the next make a cell as high as three columns are wide, and gaps as high as wide.
  if (rowsFor(4) * 2 <= room) {
    for (let start = 0; start < pool.clusters; start += perRow(4)) {
      const upper = new Line(width);
      const lower = new Line(width);
      for (const letter of pool.cells.slice(start, start + perRow(4))) {
        upper.put(` ${letter} `, inkOf(letter), colourOf(letter)).put(' ');
        lower.put('▀▀▀', colourOf(letter)).put(' ');
      }
      lines.push(upper, lower);
    }
    return lines;
  }
  const cell = rowsFor(2) <= room ? 2 : 1;
  const count = cell === 2 ? perRow(2) : width;
  for (let start = 0; start < pool.clusters; start += count) {
    if (lines.length === room - 1 && start + count < pool.clusters) {
      lines.push(new Line(width).put(`… ${pool.clusters - start} more`, palette.dim));
      break;
    }
    const l = new Line(width);
    for (const letter of pool.cells.slice(start, start + count)) {
      l.put(letter.padStart(cell), inkOf(letter), colourOf(letter));
    }
    lines.push(l);
  }
  lines.push(new Line(width));
  return lines;
}

function drawLegend(pool: PoolView, width: number, palette: Palette): Line[] {
  const slot = 22;
  const perLine = Math.max(1, Math.floor((width + 2) / slot));
  const lines: Line[] = [];
  OWNERS.forEach((owner, i) => {
    if (i % perLine === 0) lines.push(new Line(width));
    const count = pool.owners[owner];
    const colour = palette.owners[owner];
    const ink = owner === 'free' ? palette.dim : inkOn(colour);
    const text = ` ${OWNER_LABELS[owner].padEnd(12)}${String(count).padStart(4)}  `;
    lines
      .at(-1)
      ?.put(` ${letterOf(owner)} `, ink, colour)
      .put(text, count > 0 ? palette.text : palette.dim);
  });
  return lines;
}

function drawMbufs(pool: PoolView, width: number, palette: Palette): Line[] {
  const { mbufs } = pool;
  const indent = '      ';
  let l = new Line(width)
    .put('MBUFS ', palette.text)
    .put(`${mbufs.total} of 128 B   `, palette.dim)
    .put(`${mbufs.free} free`, mbufs.free === 0 ? palette.alarm : palette.text);
  const lines = [l];
  for (const [type, count] of Object.entries(mbufs.byType)) {
    if (count === 0 || type === 'free') continue;
    if (l.left < `  ${type} ${count}`.length) {
      l = new Line(width).put(indent.slice(2));
      lines.push(l);
    }
    l.put(`  ${type} `, palette.dim).put(`${count}`, palette.text);
  }
  return lines;
}

function drawTraffic({ reading, rate, palette }: PoolScene, width: number): Line[] {
  const { transfer, ping, seconds } = reading;
  const ftp = new Line(width).put('FTP   ', palette.text);
  if (transfer.state === 'idle') ftp.put('no transfer yet', palette.dim);
  else {
    const from = transfer.startedAt ?? seconds;
    const to = transfer.endedAt ?? seconds;
    const failed = transfer.state === 'failed';
    ftp.put(`${transfer.state}  ${bytesText(transfer.bytes)}`, failed ? palette.alarm : palette.text);
    if (failed) ftp.put(`  at ${secondsText(to)}: ${transfer.reason ?? 'no reason given'}`, palette.dim);
    if (transfer.state === 'running') ftp.put(` (${percentText(transfer.bytes, transfer.expectedBytes)})`, palette.dim);
    if (transfer.state === 'running' && rate !== undefined) ftp.put(`  ${rateText(rate)} now`, palette.text);
    if (!failed && to > from) ftp.put(`  mean ${rateText(transfer.bytes / (to - from))}`, palette.dim);
    if (transfer.state === 'completed') ftp.put(` over ${secondsText(to - from)}`, palette.dim);
    if (transfer.intact === true) ftp.put('  SHA-256 is the log’s', palette.text);
    if (transfer.intact === false) ftp.put('  SHA-256 differs', palette.alarm);
  }
  const echo = new Line(width).put('PING  ', palette.text);
  if (ping.sent === 0) echo.put('none sent yet', palette.dim);
  else {
    echo.put(`${ping.answered} of ${ping.sent} answered`, palette.text);
    if (ping.lastAnswerAt !== undefined) echo.put(`  last at ${secondsText(ping.lastAnswerAt)}`, palette.dim);
  }
  const lines = [ftp, echo];
  if (reading.queries) {
    const { answered, sent } = reading.queries;
    lines.push(
      new Line(width).put('UDP   ', palette.text).put(`${answered} of ${sent} queries answered`, palette.text),
    );
  }
  return lines;
}

function drawTasks(tasks: readonly TaskView[], now: number, width: number, palette: Palette): Line[] {
  if (tasks.length === 0) return [];
  const wide = Math.max(4, ...tasks.map((task) => task.name.length)) + 2;
  const states = Math.max(5, ...tasks.map((task) => task.state.length)) + 2;
  const lines = [
    new Line(width)
      .put('TASK'.padEnd(wide), palette.text)
      .put(`${'prio'.padStart(4)}  ${'state'.padEnd(states)}waits for`, palette.dim),
  ];
  // Most urgent first; equals stay in the kernel's order.
  for (const task of [...tasks].sort((a, b) => a.priority - b.priority)) {
    const l = new Line(width)
      .put(task.name.padEnd(wide), palette.text)
      .put(`${String(task.priority).padStart(4)}  `, palette.dim)
      .put(task.state.padEnd(states), palette.text);
    if (task.waitsFor !== undefined) {
      const since = task.waitsSince === undefined ? '' : `for ${secondsText(Math.max(0, now - task.waitsSince))}`;
      const what = task.waitsFor.slice(0, Math.max(0, l.left - since.length - 1));
      l.put(what.padEnd(Math.max(0, l.left - since.length)), palette.text).put(since, palette.dim);
    }
    lines.push(l);
  }
  return lines;
}

function drawChart(
  { reading, history, span, palette }: PoolScene,
  pool: PoolView,
  width: number,
  rows: number,
): Line[] {
  const gutter = Math.max(2, String(pool.clusters).length);
  const plot = width - gutter - 2;
  const to = span === undefined ? Math.max(10, reading.seconds) : Math.max(span, reading.seconds);
  const from = span === undefined ? 0 : to - span;
  const values = history.columns(from, to, plot);
  const what = span === undefined ? 'since reset' : `last ${secondsText(span)}`;
  const lines = [
    new Line(width).put('FREE CLUSTERS ', palette.text).put(`${what}, lowest in each column`, palette.dim),
  ];
  for (let row = rows - 1; row >= 0; row--) {
    const label = row === rows - 1 ? String(pool.clusters) : '';
    const l = new Line(width)
      .put(label.padStart(gutter), palette.dim)
      .put(row === rows - 1 ? ' ┤' : ' │', palette.faint);
    for (const run of runs(values)) {
      const eighths = run.value === undefined ? 0 : (run.value / pool.clusters) * rows * 8 - row * 8;
      const level = Math.max(0, Math.min(8, Math.round(eighths)));
      // One free cluster is not none: the lowest level that shows anything is kept for it, and a mark for an empty pool.
      if (row === 0 && run.value === 0) l.put('▁'.repeat(run.length), palette.alarm);
      else drawBar(l, row === 0 && run.value ? Math.max(1, level) : level, run.length, palette.chart);
    }
    lines.push(l);
  }
  lines.push(new Line(width).put('0'.padStart(gutter), palette.dim).put(` ┴${'─'.repeat(plot)}`, palette.faint));
  const [first, middle, last] = [from, (from + to) / 2, to].map(secondsText) as [string, string, string];
  const half = Math.floor(plot / 2);
  const axis = `${first.padEnd(half - Math.floor(middle.length / 2))}${middle}`;
  lines.push(new Line(width).put(' '.repeat(gutter + 2) + axis + last.padStart(plot - axis.length), palette.dim));
  return lines;
}

/** A stretch of bar, 0 to 8 eighths high. A full cell is painted as ground: glyphs of blocks leave seams in most fonts. */
function drawBar(line: Line, level: number, length: number, colour: Rgb): void {
  if (level === 8) line.put(' '.repeat(length), undefined, colour);
  else line.put((EIGHTHS[level] ?? ' ').repeat(length), level > 0 ? colour : undefined);
}

/** Neighbouring equal values as one, which keeps the drawn line short. */
function* runs(values: readonly (number | undefined)[]): Generator<{ value: number | undefined; length: number }> {
  let start = 0;
  for (let i = 1; i <= values.length; i++) {
    if (i < values.length && values[i] === values[start]) continue;
    yield { value: values[start], length: i - start };
    start = i;
  }
}
