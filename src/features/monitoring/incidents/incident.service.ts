import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Page } from '../../../platform/http/page.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import type { IncidentDto, ListIncidentsQuery } from './incident.dto.js';
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

  list(query: ListIncidentsQuery): Promise<Page<IncidentDto>> {
    return this.transactions.read(async (manager) => (await this.incidents.list(manager, query)).map(toIncidentDto));
  }

  /** The incidents of these ids as a transaction sees them, oldest first. */
  async findByIds(manager: EntityManager, ids: readonly number[]): Promise<IncidentDto[]> {
    return (await this.incidents.findByIds(manager, ids)).map(toIncidentDto);
  }
}
