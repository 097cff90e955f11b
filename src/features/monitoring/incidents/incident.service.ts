import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { completePage } from '../../../platform/http/bounded-list.js';
import type { Page } from '../../../platform/http/page.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import type { IncidentDto, ListIncidentsQuery } from './incident.dto.js';
import { INCIDENT_LONG_COLUMNS } from './incident.entity.js';
import { IncidentNotFoundError } from './incident.errors.js';
import { toIncidentDto } from './incident.mapper.js';
import { IncidentRepository } from './incident.repository.js';

/** Incidents, read. */
@Injectable()
export class IncidentService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly incidents: IncidentRepository,
  ) {}

  async get(id: number): Promise<IncidentDto> {
    const incident = await this.transactions.read((manager) => this.incidents.findById(manager, id));
    if (!incident) throw new IncidentNotFoundError(id);
    return toIncidentDto(incident);
  }

  async list(query: ListIncidentsQuery): Promise<Page<IncidentDto>> {
    const page = await this.transactions.read((manager) => this.incidents.list(manager, query));
    return (await completePage(this.transactions, INCIDENT_LONG_COLUMNS, page)).map(toIncidentDto);
  }

  /** The incidents of these ids as a transaction sees them, oldest first. */
  async findByIds(manager: EntityManager, ids: readonly number[]): Promise<IncidentDto[]> {
    return (await this.incidents.findByIds(manager, ids)).map(toIncidentDto);
  }
}
