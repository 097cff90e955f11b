import { Module } from '@nestjs/common';
import { IncidentEvents } from './incident.events.js';
import { WarningRepository } from './warning.repository.js';
import { WarningService } from './warning.service.js';

/** The incidents that other modules open, and the events of all. */
@Module({ providers: [IncidentEvents, WarningRepository, WarningService], exports: [IncidentEvents, WarningService] })
export class IncidentModule {}
