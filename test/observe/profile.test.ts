import { Board, Lab, UsageError } from 'quicc860';
import { describe, expect, it } from 'vitest';

describe('the profile', () => {
  it('has every cycle and instruction of a transfer in some function of some task, and leaves no trace in the guest', async () => {
    const plain = await Lab.create({ chatter: 20 });
    const lab = await Lab.create({ chatter: 20 });
    plain.run(2);
    lab.run(2);
    await lab.board.startProfile();
    const before = lab.board.counters;
    for (const one of [plain, lab]) {
      one.startTransfer();
      one.run(1);
    }
    const after = lab.board.counters;
    const profile = lab.board.profile();
    if (profile === undefined) throw new Error('no profile');
    expect(profile.total).toMatchObject({
      cycles: after.cycles - before.cycles,
      instructions: after.instructions - before.instructions,
      idle: after.idleCycles - before.idleCycles,
      icacheMisses: lab.board.counted?.icache.misses,
      dcacheMisses: lab.board.counted?.dcache.misses,
    });
    expect(lab.board.stateHash()).toBe(plain.board.stateHash());
    const tasks = profile.byTask().map(({ name }) => name);
    // Receive and transmit daemon, stack, one of the FTP server's sessions.
    expect(tasks).toEqual(expect.arrayContaining(['IDLE', 'SCrx', 'SCtx', 'ntwk', 'FTPa']));
    // What idles is the idle task, in no function of anyone else.
    const idle = profile.stacks.filter(({ self }) => self.idle > 0);
    expect(idle.length).toBeGreaterThan(0);
    expect(new Set(idle.map(({ frames }) => frames.at(-1))).size).toBe(1);
  });

  it('writes collapsed stacks and speedscope files that add up to the run', async () => {
    const lab = await Lab.create({ chatter: 20 });
    await lab.board.startProfile();
    const { cycles } = lab.board.counters;
    lab.run(2);
    const profile = lab.board.profile();
    if (profile === undefined) throw new Error('no profile');
    const span = lab.board.counters.cycles - cycles;
    const lines = profile.collapsed().trimEnd().split('\n');
    expect(lines.reduce((all, text) => all + Number(text.slice(text.lastIndexOf(' '))), 0)).toBe(span);
    const file = JSON.parse(profile.speedscope('two seconds')) as {
      shared: { frames: { name: string }[] };
      profiles: { samples: number[][]; weights: number[]; endValue: number }[];
    };
    for (const { samples, weights, endValue } of file.profiles) {
      expect(samples.length).toBe(weights.length);
      expect(weights.reduce((a, b) => a + b, 0)).toBe(endValue);
      for (const frame of samples.flat()) expect(file.shared.frames[frame]).toBeDefined();
    }
    expect(file.profiles[0]?.endValue).toBe(span);
  });

  it('finds callers: main calls the mix of the integer benchmark', async () => {
    const board = await Board.create();
    await board.boot('mix', { icache: true, dcache: true, extra: 'iterations=50' });
    await board.startProfile();
    board.console.expect(/(right|WRONG)\r?\n/, { seconds: 3600 });
    const hottest = board.profile()?.stacks[0];
    expect(hottest?.frames.length).toBeGreaterThan(1);
    expect(hottest?.self.cycles).toBeGreaterThan(0);
  });

  it('refuses an image without symbols', async () => {
    const board = await Board.create();
    await expect(board.startProfile()).rejects.toThrow(UsageError);
  });
});
