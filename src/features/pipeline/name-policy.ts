import { Inject, Injectable } from '@nestjs/common';
import { lowerCaseName } from '../../platform/values/name.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { NamePatternError, NameTooLongError } from './pipeline.errors.js';

/** Characters, as PostgreSQL counts them. */
const LONGEST_NAME = 255;

/** How this installation wants names to be: the case they are stored in, and the pattern of new ones. */
@Injectable()
export class NamePolicy {
  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'nameCase' | 'pipelineNamePattern'>) {}

  /** The name as it is stored; throws {@link NameTooLongError} for one that grows too long by it (`İ` becomes two). */
  stored(name: string, field = 'name'): string {
    if (this.config.nameCase === 'keep') return name;
    const stored = lowerCaseName(name);
    if ([...stored].length > LONGEST_NAME) throw new NameTooLongError(field, LONGEST_NAME);
    return stored;
  }

  /** Throws {@link NamePatternError} for a new pipeline name that the installation doesn't want. */
  refuseUnwanted(name: string): void {
    const pattern = this.config.pipelineNamePattern;
    if (pattern && !pattern.test(name)) throw new NamePatternError(pattern);
  }
}
