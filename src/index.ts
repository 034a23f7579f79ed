/** quicc860: an MPC860 board in virtual time. See docs/ for guides to each face. */

export { Board, type BoardOptions, type BootFiles, type RunOutcome, type Span } from './board/board.js';
export { parseBoardFile } from './board/board-file.js';
export {
  type BankDescription,
  BOARDS,
  type BoardDescription,
  type ConsolePort,
  type EepromDescription,
  ETH_COMM,
  type EthernetPort,
  MBX860,
  type PhyDescription,
  TQM860L,
  withClock,
} from './board/boards.js';
export type { BoardConsole } from './board/console.js';
export { provideResources, type Resources } from './board/core.js';
export { FLASH_CHIPS, type FlashChip, type FlashChipName, type FlashDescription } from './board/flash.js';
export { LOADERS, type Loader } from './board/hand-over.js';
export type { BoardMemory } from './board/memory.js';
export { type CacheGeometry, PARTS, type Part, type PartName, partName } from './board/parts.js';
export { UPM_EDO_60NS_40MHZ, UPM_SDRAM_50MHZ, type UpmTable } from './board/upm.js';
export { ExpectTimeout, GuestStopped, UsageError } from './errors.js';
export { type BootParams, checkBootParams, POLICIES, type Policy, parsePolicy } from './firmware/boot-params.js';
export { type ElfImage, type ElfSymbol, parseElf, type Segment } from './firmware/elf.js';
export type { Symbols } from './firmware/symbols.js';
export type { EventQueue, EventTarget as LanEventTarget, LanEvent } from './lan/events.js';
export {
  type BitRate,
  type BoardPort,
  Chatter,
  type ChatterMix,
  type ChatterOptions,
  capture,
  DEFAULT_TCP_OPTIONS,
  type EchoApp,
  type FrameSink,
  FtpClient,
  type FtpClientOptions,
  type FtpDataMode,
  type FtpPhase,
  type FtpResult,
  type FtpStep,
  formatIp,
  Gateway,
  GatewayLink,
  type GatewayListener,
  type GatewayPeer,
  Host,
  type HostOptions,
  type Impairment,
  type Json,
  Ping,
  type PingOptions,
  type PingResult,
  parseIp,
  parseMac,
  Rng,
  Station,
  Switch,
  type SwitchOptions,
  sha256Hex,
  stateClass,
  type TcpAcceptor,
  type TcpApp,
  type TcpCloseReason,
  TcpConnection,
  type TcpOptions,
  type TcpState,
  type UdpApp,
  UdpQuery,
  type UdpQueryOptions,
  UdpSocket,
  Wire,
  type WireFrame,
  type WireOptions,
  type WireStats,
  type WireTiming,
} from './lan/index.js';
export type { CacheCounters, Counters, CpiStack } from './observe/counters.js';
export { disassemble } from './observe/disassemble.js';
export { OWNERS, type Owner, type PoolReading } from './observe/pool.js';
export { Profile, type ProfileCounts, type ProfileStack } from './observe/profile.js';
export { readSockets, type SocketReading } from './observe/sockets.js';
export type { TaskReading } from './observe/tasks.js';
export {
  CACHE_SETTINGS,
  type CacheSetting,
  type ComparedRun,
  type CompareOptions,
  compareCaches,
  compareTable,
} from './scenario/compare.js';
export { type Experiment, LAB_DEFAULTS, Lab, type LabSettings, type Transfer } from './scenario/lab.js';
export { type LogRecord, logImage, logRecords } from './scenario/log-image.js';
export { logText } from './scenario/log-text.js';
export {
  type Outcome,
  runScenario,
  SCENARIOS,
  type ScenarioOptions,
  type ScenarioResult,
  type Session,
  type Turn,
} from './scenario/run.js';
