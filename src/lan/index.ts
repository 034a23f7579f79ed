/** The LAN: an Ethernet segment in virtual time and the machines on it. */

export * from './chatter.js';
export * from './ftp-client.js';
export * from './gateway.js';
export * from './host.js';
export { formatIp, parseIp, parseMac } from './packets.js';
export * from './pcapng.js';
export * from './ping.js';
export { Rng } from './rng.js';
export { Sha256, sha256, sha256Hex } from './sha256.js';
export { type Json, stateClass } from './state.js';
export * from './switch.js';
export * from './tcp.js';
export * from './udp-query.js';
export * from './wire.js';
