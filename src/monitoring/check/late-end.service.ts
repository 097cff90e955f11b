import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ExecutionEndedService } from '../../execution/execution-ended.service.js';
import { IncidentRepository } from '../incident/incident.repository.js';

/** Notes executions that ended after their deadline, with their ends, for the next timeliness check. */
@Injectable()
export class LateEndService implements OnModuleInit {
  constructor(
    private readonly ends: ExecutionEndedService,
    private readonly incidents: IncidentRepository,
  ) {}

  onModuleInit(): void {
    this.ends.listen(async (manager, ended) => {
      const late = ended.filter((e) => e.deadline && e.endDate && e.endDate > e.deadline).map(({ id }) => id);
      if (late.length > 0) await this.incidents.noteLateEnds(manager, late);
    });
  }
}
