import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { LostExecutionService } from '../../features/execution/heartbeats/lost-execution.service.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { OpenLineageRunRepository } from './receive/openlineage-run.repository.js';

/**
 * Declares runs lost whose end is no longer awaited: all that is known above them ended more than
 * `WATCHER_LOST_AFTER_ROOT` ago, and nothing was heard of them since. Producers do not end every run.
 */
@Injectable()
export class LeftRunService implements OnModuleInit {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'lostAfterRoot'>,
    private readonly lost: LostExecutionService,
    private readonly runs: OpenLineageRunRepository,
  ) {}

  onModuleInit(): void {
    this.lost.addRule((manager, now) =>
      this.runs.findLeft(manager, new Date(now.getTime() - this.config.lostAfterRoot)),
    );
  }
}
