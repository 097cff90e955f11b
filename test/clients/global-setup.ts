import setUpDatabase from '../support/global-setup.js';
import { fetchGenerator } from './generator.js';

/** Once for all test files, which run beside one another. */
export default async function globalSetup(): Promise<void> {
  await fetchGenerator();
  await setUpDatabase();
}
