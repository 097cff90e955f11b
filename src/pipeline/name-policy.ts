import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { NamePatternError } from './pipeline.errors.js';

/** How this installation wants names to be: the case they are stored in, and the pattern of new ones. */
@Injectable()
export class NamePolicy {
  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'nameCase' | 'pipelineNamePattern'>) {}

  /** The name as it is stored. */
  stored(name: string): string {
    return this.config.nameCase === 'lower' ? name.toLowerCase() : name;
  }

  /** Throws {@link NamePatternError} for a new pipeline name that the installation doesn't want. */
  refuseUnwanted(name: string): void {
    const pattern = this.config.pipelineNamePattern;
    if (pattern && !pattern.test(name)) throw new NamePatternError(pattern);
  }
}
