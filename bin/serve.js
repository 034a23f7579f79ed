#!/usr/bin/env node
// npm start: serves the built page and says where. Bad input is one line and exit code 2.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

function stop(message) {
  console.error(`quicc860: ${message}`);
  process.exit(2);
}

let values;
try {
  ({ values } = parseArgs({ options: { port: { type: 'string' } } }));
} catch (error) {
  stop(error.message.split('\n')[0]);
}
const port = values.port === undefined ? 8600 : Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65535 || values.port === '') {
  stop(`--port takes a whole number from 0 to 65535, not '${values.port}'`);
}

const { serve } = await import('../dist/node/serve.js').catch(() =>
  stop("the library is not built: run 'npm run build'"),
);
try {
  const page = await serve({ directory: fileURLToPath(new URL('../dist-web', import.meta.url)), port });
  console.log(`quicc860: ${page.url} (Ctrl-C ends)`);
} catch (error) {
  stop(error.message);
}
