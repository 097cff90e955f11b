import { Inject, Injectable } from '@nestjs/common';
import { lowerCaseName } from '../../platform/values/name.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { NamePatternError, NameTooLongError } from './pipeline.errors.js';

/** In characters (code points), as PostgreSQL counts them. */
const LONGEST_NAME = 255;

/** The naming rules of this installation: the case of stored names and the pattern for new ones. */
@Injectable()
export class NamePolicy {
  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'nameCase' | 'pipelineNamePattern'>) {}

  /** The name as stored. Throws {@link NameTooLongError} if lower-casing makes it too long (`İ` becomes two). */
  stored(name: string, field = 'name'): string {
    if (this.config.nameCase === 'keep') return name;
    const stored = lowerCaseName(name);
    if ([...stored].length > LONGEST_NAME) throw new NameTooLongError(field, LONGEST_NAME);
    return stored;
  }

  /** Throws {@link NamePatternError} if a new pipeline name does not match the pattern. */
  refuseUnwanted(name: string): void {
    const pattern = this.config.pipelineNamePattern;
    if (pattern && !pattern.test(name)) throw new NamePatternError(pattern);
  }
}
