import type { variables } from '../src/platform/config/config.js';

export function configurationDocs(of: typeof variables): Promise<string>;
