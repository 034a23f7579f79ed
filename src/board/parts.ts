import { UsageError } from '../errors.js';

/** Organization of a cache; its lines have 16 bytes on every member. */
export interface CacheGeometry {
  /** Sets, a power of two, 256 at most: a way is never larger than a page. */
  sets: number;
  /** Ways of each set, 2 or 4. */
  ways: number;
}

/**
 * What one member of the MPC8xx family has of its own. The rest of the part is
 * the 860's: an 866 and an 885 here have the 860's clock module, ports and four SCCs.
 */
export interface Part {
  /** What is printed on it. */
  title: string;
  /** Instruction cache. */
  icache: CacheGeometry;
  /** Data cache. */
  dcache: CacheGeometry;
  /** Processor version register, SPR 287. */
  pvr: number;
  /** IMMR[PARTNUM, MASKNUM], its low half. */
  partNumber: number;
  /** REV_NUM, the microcode's revision in the parameter RAM. */
  microcode: number;
  /** Dual-port RAM, bytes. */
  dualPortRam: 5120 | 8192;
  /** Fast Ethernet controllers. */
  fecs: 0 | 1 | 2;
}

/** Every MPC8xx says the same (hardware reference `core-registers.md` §6). */
const PVR_MPC8XX = 0x0050_0000;

const SMALL: CacheGeometry = { sets: 128, ways: 2 };
const LARGE: CacheGeometry = { sets: 256, ways: 2 };
const LARGE_FOUR_WAY: CacheGeometry = { sets: 256, ways: 4 };

/**
 * Members of the family by the name that `Board.create({ cpu })` and `--cpu`
 * take. Sources: caches: hardware reference `core-caches.md` §1; ids:
 * `core-registers.md` §6, the pair of the newest mask; dual-port RAM and FECs:
 * `immap.md`, `fec.md`.
 */
export const PARTS = {
  mpc860: {
    title: 'MPC860',
    icache: SMALL,
    dcache: SMALL,
    pvr: PVR_MPC8XX,
    partNumber: 0x0031,
    microcode: 0x0004,
    dualPortRam: 5120,
    fecs: 0,
  },
  mpc860t: {
    title: 'MPC860T',
    icache: SMALL,
    dcache: SMALL,
    pvr: PVR_MPC8XX,
    partNumber: 0x0502,
    microcode: 0x0000,
    dualPortRam: 5120,
    fecs: 1,
  },
  mpc860p: {
    title: 'MPC860P',
    icache: LARGE_FOUR_WAY,
    dcache: LARGE,
    pvr: PVR_MPC8XX,
    partNumber: 0x0502,
    microcode: 0x0000,
    dualPortRam: 8192,
    fecs: 1,
  },
  mpc862p: {
    title: 'MPC862P',
    icache: LARGE_FOUR_WAY,
    dcache: LARGE,
    pvr: PVR_MPC8XX,
    partNumber: 0x0700,
    microcode: 0x0003,
    dualPortRam: 8192,
    fecs: 1,
  },
  mpc866: {
    title: 'MPC866P',
    icache: LARGE_FOUR_WAY,
    dcache: LARGE,
    pvr: PVR_MPC8XX,
    partNumber: 0x0801,
    microcode: 0x0004,
    dualPortRam: 8192,
    fecs: 1,
  },
  mpc885: {
    title: 'MPC885',
    icache: LARGE,
    dcache: LARGE,
    pvr: PVR_MPC8XX,
    partNumber: 0x0900,
    microcode: 0x0000,
    dualPortRam: 8192,
    fecs: 2,
  },
} as const satisfies Record<string, Part>;

/** A member of the family that `PARTS` knows. */
export type PartName = keyof typeof PARTS;

/** The member of that name. @throws UsageError listing the members */
export function partNamed(name: string): Part {
  if (!Object.hasOwn(PARTS, name)) {
    throw new UsageError(`unknown CPU '${name}'; known: ${Object.keys(PARTS).join(', ')}`);
  }
  return PARTS[name as PartName];
}

/** A member's name, checked. @throws UsageError listing the members */
export function partName(name: string): PartName {
  partNamed(name);
  return name as PartName;
}
