import { Module } from '@nestjs/common';
import { JobModule } from '../../../platform/jobs/job.module.js';
import { IncidentEvents } from './incident.events.js';
import { IncidentImpactRepository } from './incident-impact.repository.js';
import { IncidentImpactService } from './incident-impact.service.js';
import { WarningRepository } from './warning.repository.js';
import { WarningService } from './warning.service.js';

/** The incidents that other modules open, the events of all, and what they affect. */
@Module({
  imports: [JobModule],
  providers: [IncidentEvents, IncidentImpactRepository, IncidentImpactService, WarningRepository, WarningService],
  exports: [IncidentEvents, IncidentImpactService, WarningService],
})
export class IncidentModule {}
