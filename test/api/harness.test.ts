import { readFile } from 'node:fs/promises';
import {
  Board,
  type BoardDescription,
  ETH_COMM,
  GuestStopped,
  Host,
  Lab,
  Ping,
  type Policy,
  type UpmTable,
  UsageError,
} from 'quicc860';
import { describe, expect, it } from 'vitest';

const IP = '192.168.1.10';

function pinger(board: Board): Ping {
  const host = new Host(board.lan, { name: 'pc', mac: '00:10:5a:00:00:01', ip: '192.168.1.20' });
  const ping = new Ping({ host, target: IP });
  ping.start();
  return ping;
}

describe('the board as a test harness', () => {
  it('does not wait for the console of a guest that has stopped', async () => {
    const board = await Board.create();
    await board.boot(await readFile('firmware-fixtures/elf/wild-checkstop.elf'));
    expect(() => board.console.expect('never', { seconds: 1e6 })).toThrow(GuestStopped);
    expect(board.outcome).toBe('checkstop');
    expect(board.seconds).toBeLessThan(1);
    try {
      board.assertRunning();
    } catch (error) {
      expect((error as GuestStopped).report).toMatch(/pc [0-9a-f]{8}[\s\S]*last instructions:/);
    }
  });

  it('begins with a LAN of its own at each boot, in step with its clock', async () => {
    const board = await Board.create();
    await board.boot('ftpd');
    pinger(board);
    board.run({ seconds: 5 });
    await board.boot('ftpd');
    expect(board.lan.stations).toHaveLength(0);
    const ping = pinger(board);
    board.run({ seconds: 3 });
    expect(ping.answered).toBe(3);
    expect(ping.results.map((result) => Math.round(result.sentNs / 1e9))).toEqual([0, 1, 2, 3]);
  });

  it('finds a pattern with any flags behind the last match', async () => {
    const board = await Board.create();
    await board.boot('hello');
    board.console.expect(/HELLO/gi);
    expect(board.console.expect(/[a-z]+/g)[0]).toBe('f');
    board.console.expect(/mpc860\r\n/iy);
  });

  const [flash] = ETH_COMM.banks;
  const wrong: [string, Partial<BoardDescription>][] = [
    ['ramBytes', { ramBytes: Number.NaN }],
    ['ramBytes', { ramBytes: 0x20_001 }],
    ['flashBytes', { flashBytes: -1 }],
    ['coreHz', { coreHz: 0 }],
    ['mac', { mac: 'zz' }],
    ['console', { console: 'COM1' as 'SMC1' }],
    ['described twice', { banks: flash === undefined ? [] : [flash, flash] }],
    ['readSingle', { upma: { readSingle: [-1] } }],
    ['at most 8 words', { upma: { writeSingle: [4, 4, 4, 4, 4, 4, 4, 4, 1] } }],
    ["no pattern 'burst'", { upmb: { burst: [1] } as UpmTable }],
    ['offset', { registers: [[0x3ffe, 4, 0]] }],
    ['value', { registers: [[0x17a, 2, 0x10000]] }],
  ];
  it.each(wrong)('refuses a board whose %s cannot be', async (what, fields) => {
    const made = Board.create({ board: { ...ETH_COMM, name: 'wrong', ...fields } });
    await expect(made).rejects.toThrow(UsageError);
    await expect(made).rejects.toThrow(new RegExp(`^board wrong: .*${what}`));
  });

  it('refuses a policy that nobody knows', async () => {
    await expect(Lab.create({ policy: 'hope' as Policy })).rejects.toThrow(/unknown policy 'hope'/);
  });
});
