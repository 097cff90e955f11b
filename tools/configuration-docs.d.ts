import type { variables } from '../src/config/config.js';

export function configurationDocs(of: typeof variables): Promise<string>;
