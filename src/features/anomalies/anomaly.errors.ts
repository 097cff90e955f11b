import { DomainError } from '../../platform/errors/domain-error.js';

export class AnomalyNotFoundError extends DomainError {
  constructor(id: number) {
    super('not_found', 'anomaly_not_found', `There is no anomaly with id ${id}.`);
  }
}
