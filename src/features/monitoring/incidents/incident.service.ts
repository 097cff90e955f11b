import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../../../platform/auth/caller.js';
import { completePage } from '../../../platform/http/bounded-list.js';
import { definedFields } from '../../../platform/http/defined-fields.js';
import type { Page } from '../../../platform/http/page.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import type { IncidentDto, ListIncidentsQuery, PatchIncidentDto } from './incident.dto.js';
import { IncidentNotFoundError } from './incident.errors.js';
import { toIncidentDto } from './incident.mapper.js';
import { INCIDENT_LONG_COLUMNS, type IncidentEntity } from './incident.entity.js';
import { type Acknowledgement, IncidentRepository } from './incident.repository.js';

/** The most characters of a name that an acknowledgement stores. */
const MAX_NAME = 255;

/** Reads incidents and applies the changes of callers. */
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

  /** Changes only the fields in the body. */
  patch(id: number, request: PatchIncidentDto, caller: Caller): Promise<IncidentDto> {
    return this.transactions.run(async (manager) => {
      const incident = await this.incidents.lock(manager, id);
      if (!incident) throw new IncidentNotFoundError(id);
      const change = acknowledgementOf(incident, request, caller);
      if (Object.keys(change).length > 0) await this.incidents.acknowledge(manager, id, change);
      return toIncidentDto({ ...incident, ...change });
    });
  }

  async list(query: ListIncidentsQuery): Promise<Page<IncidentDto>> {
    const page = await this.transactions.read((manager) => this.incidents.list(manager, query));
    return (await completePage(this.transactions, INCIDENT_LONG_COLUMNS, page)).map(toIncidentDto);
  }

  /** The incidents with these ids as a transaction sees them, oldest first. */
  async findByIds(manager: EntityManager, ids: readonly number[]): Promise<IncidentDto[]> {
    return (await this.incidents.findByIds(manager, ids)).map(toIncidentDto);
  }

  /** Records that a message about these incidents was written. */
  noteNotified(manager: EntityManager, ids: readonly number[], now: Date): Promise<void> {
    return this.incidents.noteNotified(manager, ids, now);
  }
}

/** The changes of a request. The first acknowledgement is kept, and a second one is ignored. */
function acknowledgementOf(
  incident: IncidentEntity,
  { acknowledged, muted_until, note }: PatchIncidentDto,
  caller: Caller,
): Partial<Acknowledgement> {
  const change = definedFields<Acknowledgement>({ note, mutedUntil: muted_until });
  if (acknowledged === false) return { ...change, acknowledgedAt: null, acknowledgedBy: null };
  if (acknowledged === undefined || incident.acknowledgedAt) return change;
  return { ...change, acknowledgedAt: new Date(), acknowledgedBy: [...caller.name].slice(0, MAX_NAME).join('') };
}
