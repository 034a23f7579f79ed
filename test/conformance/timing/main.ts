/** `npm run timing`: published measurements of real boards beside ours, as the tables of docs/timing.md. */
import { dhrystoneTable } from './dhrystone.js';
import { ethCommTable, mbxTable, measureKernel, WITHOUT_BURSTS } from './kernel.js';

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  async dhrystone() {
    console.log('\n### Dhrystone 2.1, caches on\n');
    console.log(await dhrystoneTable());
  },
  async kernel() {
    console.log('\n### Kernel operations beside the MBX860: 40 MHz, 60 ns EDO DRAM, core clocks\n');
    const withoutBursts = await measureKernel('off', WITHOUT_BURSTS);
    console.log(mbxTable(await measureKernel('off'), await measureKernel('on'), withoutBursts));
  },
  async 'eth-comm'() {
    console.log('\n### Kernel operations beside the eth_comm board: 40 MHz, I-cache on, D-cache off, microseconds\n');
    console.log(ethCommTable(await measureKernel('I only')));
  },
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  console.error(`no part '${unknown}'; there are: ${Object.keys(PARTS).join(', ')}`);
  process.exitCode = 2;
} else {
  for (const [name, part] of Object.entries(PARTS)) {
    if (wanted.length === 0 || wanted.includes(name)) await part();
  }
}
