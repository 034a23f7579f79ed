/** The package's entry for Node: the library, with core.wasm and firmware found in the package. */
import { provideResources } from '../board/core.js';
import { packageResources } from './resources.js';

export * from '../index.js';
export { PcapngFile } from './capture-file.js';
export { FlashFile } from './flash-file.js';
export { type ForwardSpec, HostForward, type HostForwardOptions } from './hostfwd.js';
export { type Pacing, runPaced } from './real-time.js';

provideResources(packageResources);
