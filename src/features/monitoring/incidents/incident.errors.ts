import { DomainError } from '../../../platform/errors/domain-error.js';

export class IncidentNotFoundError extends DomainError {
  constructor(id: number) {
    super('not_found', 'incident_not_found', `There is no incident with id ${id}.`);
  }
}
