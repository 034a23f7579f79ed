import type { Reading } from './protocol.js';
import { bytesText, percentText, secondsText } from './units.js';

/** One thing that stands out now, stated as a fact. */
export interface Fact {
  text: string;
  alarm: boolean;
}

/** An empty pool is remarkable when it lasts: two ticks of the allocators' polling, with room. Virtual seconds. */
const EMPTY_SECONDS = 0.5;
/** A ping is sent every ten seconds; a longer time than that without an answer, and some, is remarkable. */
const PING_SECONDS = 12;
/** A running transfer without a byte for this long is remarkable: longer than a retransmission or two. */
const STALL_SECONDS = 5;

/** What stands out in a reading. Only what was measured: no verdicts. */
export function factsOf(reading: Reading): Fact[] {
  const { seconds, emptySince, ping, transfer } = reading;
  const facts: Fact[] = [];
  if (emptySince !== undefined && seconds - emptySince >= EMPTY_SECONDS) {
    facts.push({ text: `pool empty since ${secondsText(emptySince)}`, alarm: true });
  }
  const answered = ping.lastAnswerAt ?? 0;
  if (ping.sent > ping.answered && seconds - answered >= PING_SECONDS) {
    const text = ping.lastAnswerAt === undefined ? 'no ping answered' : `no ping answer since ${secondsText(answered)}`;
    facts.push({ text, alarm: true });
  }
  if (transfer.state === 'running') {
    const last = transfer.lastByteAt ?? transfer.startedAt ?? seconds;
    if (seconds - last >= STALL_SECONDS) facts.push({ text: `FTP: no byte since ${secondsText(last)}`, alarm: true });
    else facts.push({ text: `FTP running, ${percentText(transfer.bytes, transfer.expectedBytes)}`, alarm: false });
  } else if (transfer.state === 'completed') {
    const check = transfer.intact === undefined ? '' : transfer.intact ? ', SHA-256 is the log’s' : ', SHA-256 differs';
    facts.push({ text: `FTP completed, ${bytesText(transfer.bytes)}${check}`, alarm: transfer.intact === false });
  } else if (transfer.state === 'failed') {
    const at = transfer.endedAt === undefined ? '' : ` at ${secondsText(transfer.endedAt)}`;
    facts.push({ text: `FTP failed${at}: ${transfer.reason ?? 'no reason given'}`, alarm: true });
  }
  return facts;
}

/** One sentence or two for people who listen to the page. */
export function summaryOf(reading: Reading, facts: readonly Fact[]): string {
  const { pool, ping } = reading;
  const parts = [`Virtual time ${secondsText(reading.seconds)}.`];
  if (pool) parts.push(`${pool.free} of ${pool.clusters} clusters free.`);
  if (ping.sent > 0) parts.push(`${ping.answered} of ${ping.sent} pings answered.`);
  if (facts.length > 0) parts.push(`${facts.map((fact) => fact.text).join('; ')}.`);
  return parts.join(' ');
}
