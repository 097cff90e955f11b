import setUpDatabase from '../support/global-setup.js';
import { fetchGenerator } from './generator.js';
import { hasTool } from '../support/tools.js';

/** Once for all test files, which run beside one another. */
export default async function globalSetup(): Promise<void> {
  // The client for TypeScript needs no generator.
  if (hasTool('mvn')) await fetchGenerator();
  await setUpDatabase();
}
