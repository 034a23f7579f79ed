import {
  cells,
  childNamed,
  type DeviceTree,
  deviceTreeBlob,
  firstString,
  node,
  parseDeviceTree,
  strings,
  type TreeNode,
  treeNodes,
} from '../firmware/device-tree.js';
import type { BoardDescription, ConsolePort } from './boards.js';
import { partNamed } from './parts.js';

/** What the loader tells the kernel through its tree. */
export interface TreeFacts {
  /** The kernel's command line; '' leaves the tree's own. */
  commandLine: string;
  /** Where the initial RAM disk lies. */
  initrd?: { start: number; end: number };
}

// Handles of the nodes that others point to
const SIU = 1;
const CPIC = 2;
const PHY = 3;

/** Sense of an interrupt in the 8xx binding's second cell: level, active low. */
const LEVEL_LOW = 1;
const SIU_LVL1 = 3;
const SIU_LVL2 = 5;
const SIU_LVL7 = 15;
const MURAM = 0x2000;
const NET_VECTOR_SCC1 = 30;

/** Registers and parameters of the serial ports as the CPM binding wants them (hardware reference `immap.md`, `cpm.md`). */
const SERIAL: Readonly<
  Record<ConsolePort, { reg: [number, number, number, number]; vector: number; command: number }>
> = {
  SMC1: { reg: [0xa80, 0x10, 0x3e80, 0x40], vector: 4, command: 0x90 },
  SMC2: { reg: [0xa90, 0x10, 0x3f80, 0x40], vector: 3, command: 0xd0 },
  SCC1: { reg: [0xa00, 0x20, 0x3c00, 0x100], vector: 30, command: 0x00 },
  SCC2: { reg: [0xa20, 0x20, 0x3d00, 0x100], vector: 29, command: 0x40 },
  SCC3: { reg: [0xa40, 0x20, 0x3e00, 0x100], vector: 28, command: 0x80 },
  SCC4: { reg: [0xa60, 0x20, 0x3f00, 0x100], vector: 27, command: 0xc0 },
};
const BRG_OF: Readonly<Record<ConsolePort, number>> = { SMC1: 1, SMC2: 2, SCC1: 1, SCC2: 2, SCC3: 3, SCC4: 4 };

/** Ethernet nodes and the path of each, the board's own port first. */
function ethernetNodes(board: BoardDescription): { path: string; nodes: TreeNode[] }[] {
  const network = { device_type: strings('network') };
  const scc = {
    path: 'cpm@9c0/ethernet@a00',
    nodes: [
      node('ethernet@a00', {
        ...network,
        compatible: strings('fsl,mpc860-scc-enet', 'fsl,cpm1-scc-enet'),
        reg: cells(0xa00, 0x18, 0x3c00, 0x100),
        interrupts: cells(NET_VECTOR_SCC1),
        'interrupt-parent': cells(CPIC),
        'fsl,cpm-command': cells(0),
        // The transceiver has no management: 10 Mbit/s, half duplex.
        'fixed-link': cells(0, 0, 10, 0, 0),
      }),
    ],
  };
  if (board.phy === undefined || partNamed(board.cpu).fecs === 0) return [scc];
  const unit = board.phy.address.toString(16);
  const fec = {
    path: 'ethernet@e00',
    nodes: [
      node(
        'mdio@e00',
        {
          compatible: strings('fsl,mpc866-fec-mdio', 'fsl,pq1-fec-mdio'),
          reg: cells(0xe00, 0x188),
          '#address-cells': cells(1),
          '#size-cells': cells(0),
        },
        [node(`ethernet-phy@${unit}`, { reg: cells(board.phy.address), phandle: cells(PHY) })],
      ),
      node('ethernet@e00', {
        ...network,
        compatible: strings('fsl,mpc866-fec-enet', 'fsl,pq1-fec-enet'),
        reg: cells(0xe00, 0x188),
        interrupts: cells(SIU_LVL1, LEVEL_LOW),
        'interrupt-parent': cells(SIU),
        'phy-handle': cells(PHY),
      }),
    ],
  };
  return board.ethernet === 'fec' ? [fec] : [scc, fec];
}

/**
 * The tree of a board, made from its description: CPU, memory, interrupt controllers, CPM, console, Ethernet. The bindings
 * are those that the hardware reference (`boards.md` §5) lists for 8xx boards. SCC1 is left out when it is the console.
 */
export function boardTree(board: BoardDescription): DeviceTree {
  const { dcache, icache } = partNamed(board.cpu);
  const lineBytes = 16;
  const serial = SERIAL[board.console];
  const serialName = `serial@${serial.reg[0].toString(16)}`;
  const soc = `soc@${board.immr.toString(16)}`;
  const ethernets = ethernetNodes(board).filter(({ path }) => !(board.console === 'SCC1' && path.startsWith('cpm')));
  const inCpm = ethernets.filter(({ path }) => path.startsWith('cpm')).flatMap(({ nodes }) => nodes);
  const inSoc = ethernets.filter(({ path }) => !path.startsWith('cpm')).flatMap(({ nodes }) => nodes);
  const one = { '#address-cells': cells(1), '#size-cells': cells(1) };
  const controller = { 'interrupt-controller': new Uint8Array() };
  const root = node(
    '',
    { ...one, model: strings(board.model ?? board.name), compatible: strings(board.compatible ?? board.name) },
    [
      node('aliases', {
        serial0: strings(`/${soc}/cpm@9c0/${serialName}`),
        ...Object.fromEntries(ethernets.map(({ path }, i) => [`ethernet${i}`, strings(`/${soc}/${path}`)])),
      }),
      node('chosen', { 'stdout-path': strings('serial0') }),
      node('cpus', { '#address-cells': cells(1), '#size-cells': cells(0) }, [
        node('cpu@0', {
          device_type: strings('cpu'),
          reg: cells(0),
          'd-cache-line-size': cells(lineBytes),
          'i-cache-line-size': cells(lineBytes),
          'd-cache-size': cells(dcache.sets * dcache.ways * lineBytes),
          'i-cache-size': cells(icache.sets * icache.ways * lineBytes),
          // The decrementer: no SIU source, and yet bound to the level that the timebase references use.
          interrupts: cells(SIU_LVL7, LEVEL_LOW),
          'interrupt-parent': cells(SIU),
        }),
      ]),
      node('memory@0', { device_type: strings('memory'), reg: cells(0, board.ramBytes) }),
      node(soc, { ...one, device_type: strings('soc'), ranges: cells(0, board.immr, 0x4000) }, [
        node('interrupt-controller@0', {
          ...controller,
          '#interrupt-cells': cells(2),
          '#address-cells': cells(0),
          compatible: strings('fsl,mpc860-pic', 'fsl,pq1-pic'),
          reg: cells(0, 0x24),
          phandle: cells(SIU),
        }),
        node(
          'cpm@9c0',
          {
            ...one,
            compatible: strings('fsl,mpc860-cpm', 'fsl,cpm1'),
            ranges: new Uint8Array(),
            reg: cells(0x9c0, 0x40),
            'brg-frequency': cells(0),
            interrupts: cells(0),
            'interrupt-parent': cells(CPIC),
          },
          [
            node('muram@2000', { ...one, ranges: cells(0, MURAM, 0x2000) }, [
              // Below the parameter RAM, where the microcode's scratch area is not.
              node('data@0', { compatible: strings('fsl,cpm-muram-data'), reg: cells(0, 0x1c00) }),
            ]),
            node('brg@9f0', {
              compatible: strings('fsl,mpc860-brg', 'fsl,cpm1-brg', 'fsl,cpm-brg'),
              reg: cells(0x9f0, 0x10),
              'clock-frequency': cells(0),
            }),
            node('interrupt-controller@930', {
              ...controller,
              '#interrupt-cells': cells(1),
              '#address-cells': cells(0),
              compatible: strings('fsl,mpc860-cpm-pic', 'fsl,cpm1-pic'),
              reg: cells(0x930, 0x20),
              interrupts: cells(SIU_LVL2, LEVEL_LOW),
              'interrupt-parent': cells(SIU),
              phandle: cells(CPIC),
            }),
            node(serialName, {
              device_type: strings('serial'),
              compatible: board.console.startsWith('SMC')
                ? strings('fsl,mpc860-smc-uart', 'fsl,cpm1-smc-uart')
                : strings('fsl,mpc860-scc-uart', 'fsl,cpm1-scc-uart'),
              reg: cells(...serial.reg),
              interrupts: cells(serial.vector),
              'interrupt-parent': cells(CPIC),
              'fsl,cpm-brg': cells(BRG_OF[board.console]),
              'fsl,cpm-command': cells(serial.command),
            }),
            ...inCpm,
          ],
        ),
        // Behind the CPM, so that a kernel that counts its ports finds SCC1 first.
        ...inSoc,
      ]),
    ],
  );
  return { root, reserved: [] };
}

/** The address behind `mac`, for a second port. */
function macBytes(mac: string, index: number): Uint8Array {
  const bytes = Uint8Array.from(mac.split(':'), (part) => Number.parseInt(part, 16));
  bytes[5] = ((bytes[5] ?? 0) + index) & 0xff;
  return bytes;
}

/** The core clock as U-Boot finds it out, in steps of 100 kHz (hardware reference `siu.md` §3.2). */
export function measuredHz(board: BoardDescription): number {
  return Math.round(board.coreHz / 100_000) * 100_000;
}

function find(root: TreeNode, path: string): TreeNode | undefined {
  let at: TreeNode | undefined = root;
  for (const name of path.split('/').filter((part) => part !== ''))
    at = at?.children.find((child) => child.name === name);
  return at;
}

/**
 * The blob that a loader hands over: the user's or the board's own tree, with what U-Boot writes into it: memory, clocks,
 * Ethernet addresses, command line, initial RAM disk.
 * @param blob the user's tree; without it the board's own
 * @throws UsageError for a blob that is none
 */
export function loaderTree(board: BoardDescription, blob: Uint8Array | undefined, facts: TreeFacts): Uint8Array {
  const tree = blob === undefined ? boardTree(board) : parseDeviceTree(blob, 'the device tree');
  const hz = measuredHz(board);
  for (const { properties } of treeNodes(tree.root)) {
    const type = firstString(properties.get('device_type'));
    if (type === 'memory') properties.set('reg', cells(0, board.ramBytes));
    if (type === 'cpu') {
      properties.set('timebase-frequency', cells(hz / 16));
      properties.set('bus-frequency', cells(hz));
      properties.set('clock-frequency', cells(hz));
    }
    if (properties.has('brg-frequency')) properties.set('brg-frequency', cells(hz));
    const compatible = new TextDecoder('latin1').decode(properties.get('compatible'));
    if (compatible.split('\0').includes('fsl,cpm-brg')) properties.set('clock-frequency', cells(hz));
  }
  const aliases = tree.root.children.find(({ name }) => name === 'aliases');
  for (let i = 0; aliases?.properties.has(`ethernet${i}`); i++) {
    const port = find(tree.root, firstString(aliases.properties.get(`ethernet${i}`)));
    port?.properties.set('local-mac-address', macBytes(board.mac, i));
  }
  const chosen = childNamed(tree.root, 'chosen');
  if (facts.commandLine !== '') chosen.properties.set('bootargs', strings(facts.commandLine));
  if (facts.initrd !== undefined) {
    chosen.properties.set('linux,initrd-start', cells(facts.initrd.start));
    chosen.properties.set('linux,initrd-end', cells(facts.initrd.end));
  }
  return deviceTreeBlob(tree);
}
