import { defineConfig } from 'vitest/config';

/** Checks that need a program from outside: the cross compiler, curl, lftp, Python, tshark, QEMU. */
export default defineConfig({
  test: {
    include: ['test/tools/**/*.test.ts'],
    reporters: ['default', ['json', { outputFile: 'build/results/tools.json' }]],
    testTimeout: 300_000,
    fileParallelism: false,
  },
});
