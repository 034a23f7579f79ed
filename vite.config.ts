import { defineConfig } from 'vite';

// The page is built from web/ into dist-web/, with relative addresses so that any directory of any server can hold it.
export default defineConfig({
  root: 'web',
  base: './',
  publicDir: false,
  build: {
    outDir: '../dist-web',
    emptyOutDir: true,
    target: 'es2022',
    // The core and the firmware are fetched as files: a data URL would grow the script and slip past the page's policy.
    assetsInlineLimit: 0,
  },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', fs: { allow: ['..'] } },
});
