/** The package's entry for Node: the library, with core.wasm and firmware found in the package. */
import { provideResources } from '../board/core.js';
import { packageResources } from './resources.js';

export * from '../index.js';
export { HostForward } from './hostfwd.js';

provideResources(packageResources);
