// What a careless or hostile user of the library does: it is refused in one line (UsageError) or does what it says.
import { Board, Chatter, ExpectTimeout, Host, Lab, type LabSettings, Ping, runScenario, UsageError } from 'quicc860';
import { describe, expect, it } from 'vitest';

async function booted(name = 'hello'): Promise<Board> {
  const board = await Board.create();
  await board.boot(name);
  return board;
}

describe('a span of time', () => {
  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('of %d is refused', async (value) => {
    const board = await booted();
    expect(() => board.run({ seconds: value })).toThrow(UsageError);
    expect(() => board.run({ cycles: value })).toThrow(UsageError);
    expect(() => board.runUntil(() => false, { seconds: value })).toThrow(UsageError);
    expect(() => board.runUntil(() => false, { every: value })).toThrow(UsageError);
    expect(() => board.console.expect('never said', { seconds: value })).toThrow(UsageError);
    expect(board.now).toBe(0);
  });

  it('must be given, and may be nothing', async () => {
    const board = await booted();
    expect(() => board.run({})).toThrow(/seconds or cycles/);
    expect(board.run({ seconds: 0 })).toBe('time');
    expect(board.now).toBe(0);
    expect(() => board.runUntilCycle(Number.NaN)).toThrow(UsageError);
    expect(() => board.runUntilCycle(Number.POSITIVE_INFINITY)).toThrow(UsageError);
    board.runUntilCycle(-1);
    expect(board.now).toBe(0);
  });
});

describe('console.expect', () => {
  it('takes every flag of a pattern, and leaves the pattern alone', async () => {
    const said = 'hello from the MPC860';
    for (const pattern of [/(he)llo/g, /(he)llo/y, /(he)llo/gy, /^(he)llo/m, /(HE)LLO/i, /(he)llo/u, /(?<x>he)llo/dg]) {
      const board = await booted();
      const match = board.console.expect(pattern, { seconds: 0.1 });
      expect(match[0].toLowerCase(), String(pattern)).toBe('hello');
      expect(match[1]?.toLowerCase(), String(pattern)).toBe('he');
      expect(pattern.lastIndex).toBe(0);
      // What follows is looked for behind the match.
      expect(board.console.expect(/\w+ /g, { seconds: 0.1 })[0]).toBe('from ');
      expect(() => board.console.expect(said, { seconds: 0.1 })).toThrow(ExpectTimeout);
    }
  });

  it('finds a text literally, and the empty one at once', async () => {
    const board = await booted();
    expect(board.console.expect('').index).toBe(0);
    expect(board.now).toBe(0);
    expect(() => board.console.expect('h.llo', { seconds: 0.1 })).toThrow(ExpectTimeout);
  });
});

describe('console input', () => {
  it('of megabytes waits until the line has taken it', async () => {
    const board = await booted();
    board.console.send('x'.repeat(2_000_000));
    board.run({ seconds: 0.5 });
    // 115200 bit/s, 8N1: 11520 characters per second at most.
    expect(board.console.pending).toBeGreaterThan(2_000_000 - 5761);
    expect(board.console.pending).toBeLessThan(2_000_000 - 5000);
  });

  it('of endless lines and control characters leaves the shell alive', async () => {
    const board = await booted('ftpd');
    board.console.expect('quicc> ');
    board.console.send(`${'A'.repeat(20_000)}\r\n\0\x03\x04\x1b[A\u{1F600}\r\n`);
    board.run({ seconds: 3 });
    board.console.send('\r\nhelp\r\n');
    expect(board.console.expect(/netstat/, { seconds: 5 })[0]).toBe('netstat');
  });
});

describe('a snapshot with right checksums and wrong content', () => {
  /** The file with one section's content replaced, as `board/snapshot.ts` documents the format. */
  function replaced(file: Uint8Array, tag: string, content: string): Uint8Array {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    const bytes = new TextEncoder().encode(content);
    let hash = 0x811c_9dc5;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
    for (let at = 12; at < file.length; at += 12 + view.getUint32(at + 4, true)) {
      if (String.fromCharCode(...file.subarray(at, at + 4)) !== tag) continue;
      const head = file.slice(0, at + 12);
      const headView = new DataView(head.buffer);
      headView.setUint32(at + 4, bytes.length, true);
      headView.setUint32(at + 8, hash >>> 0, true);
      const tail = file.slice(at + 12 + view.getUint32(at + 4, true));
      const out = new Uint8Array(head.length + bytes.length + tail.length);
      out.set(head);
      out.set(bytes, head.length);
      out.set(tail, head.length + bytes.length);
      return out;
    }
    throw new Error(`no section ${tag}`);
  }

  it('is refused as damaged', async () => {
    const file = (await booted()).snapshot();
    for (const tag of ['INFO', 'CONS', 'LAN ']) {
      for (const content of ['', 'null', '{}', '[]', '5', '"x"', '{"board":null}', '{"board":{}}']) {
        const bad = replaced(file, tag, content);
        await expect(Board.restore(bad), `${tag} ${content}`).rejects.toThrow(UsageError);
      }
    }
    for (const tag of ['CORE', 'MEMS', 'ELF ']) {
      await expect(Board.restore(replaced(file, tag, 'junk')), tag).rejects.toThrow(UsageError);
    }
  });
});

describe('settings that cannot be meant', () => {
  it.each<[Record<string, unknown>, RegExp]>([
    [{ experiment: 'x' }, /unknown experiment/],
    [{ policy: 'constructor' }, /unknown policy/],
    [{ records: -1 }, /records must be/],
    [{ records: 1.5 }, /records must be/],
    [{ seed: Number.NaN }, /seed must be/],
    [{ sessions: 0 }, /sessions must be/],
    [{ chatter: -4 }, /chatter must be/],
    [{ chatter: Number.NaN }, /chatter must be/],
    [{ reclen: 0 }, /reclen must be/],
    [{ clusters: 31 }, /receive ring/],
    [{ board: '__proto__' }, /unknown board/],
    [{ boot: { cluster: 5 } }, /unknown boot parameter 'cluster'/],
    [{ boot: { extra: 'a\0b' } }, /printable ASCII/],
  ])('%j', async (settings, why) => {
    const lab = Lab.create(settings as Partial<LabSettings>);
    await expect(lab).rejects.toThrow(UsageError);
    await expect(lab).rejects.toThrow(why);
  });

  it('registers that do not exist', async () => {
    const board = await booted();
    for (const name of ['', 'r32', 'r99', 'r-1', 'constructor', 'PCC', -1, 1024, 1.5, Number.NaN]) {
      expect(() => board.register(name), String(name)).toThrow(UsageError);
    }
    expect(board.register('PC')).toBe(board.register('pc'));
  });
});

describe('a scenario of hardly any time', () => {
  it.each([0, 2, 4])('runs no longer than %d s', async (seconds) => {
    const result = await runScenario('out-of-clusters', { seconds, records: 10 });
    expect(result.virtualSeconds).toBeLessThan(seconds + 0.001);
    expect(result.outcome).toBe('unfinished');
  });

  it.each([-1, Number.NaN])('of %d s is refused', async (seconds) => {
    await expect(runScenario('out-of-clusters', { seconds, records: 10 })).rejects.toThrow(UsageError);
  });
});

describe('many boards', () => {
  it('in one process do not disturb each other', async () => {
    const boards = [await booted('ftpd'), await booted('ftpd')];
    for (let i = 0; i < 20; i++) for (const board of boards) board.run({ seconds: 0.1 });
    expect(boards[0]?.stateHash()).toBe(boards[1]?.stateHash());
  });

  it('made in a loop do not fill the memory', async () => {
    let last = 0;
    for (let i = 0; i < 50; i++) {
      const board = await booted();
      board.run({ seconds: 0.01 });
      last = board.now;
    }
    expect(last).toBeGreaterThan(0);
  });
});

describe('an ill-behaved LAN', () => {
  it("with a station that has the board's own addresses runs on", async () => {
    const board = await booted('ftpd');
    new Host(board.lan, { name: 'double', mac: board.description.mac, ip: '192.168.1.10' });
    const pc = new Host(board.lan, { name: 'pc', mac: '00:10:5a:00:00:01', ip: '192.168.1.20' });
    const ping = new Ping({ host: pc, target: '192.168.1.10' });
    ping.start();
    board.run({ seconds: 5 });
    expect(board.outcome).toBe('time');
    expect(ping.answered).toBeGreaterThan(0);
    board.console.send('ifstat\r\n');
    board.console.expect('quicc> ');
  });

  it('with ten thousand broadcasts per second starves nobody for ever', async () => {
    const board = await booted('ftpd');
    board.console.expect('quicc> ');
    const chatter = new Chatter({ wire: board.lan, rate: 10_000, seed: 1 });
    chatter.start();
    board.run({ seconds: 1 });
    expect(board.outcome).toBe('time');
    chatter.stop();
    const pc = new Host(board.lan, { name: 'pc', mac: '00:10:5a:00:00:01', ip: '192.168.1.20' });
    const ping = new Ping({ host: pc, target: '192.168.1.10' });
    ping.start();
    board.run({ seconds: 5 });
    expect(ping.answered).toBeGreaterThan(0);
  });
});
