import { DomainError } from '../../platform/errors/domain-error.js';

export class AnomalyNotFoundError extends DomainError {
  constructor(id: number) {
    super('not_found', 'anomaly_not_found', `There is no anomaly with id ${id}.`);
  }
}

/** The text is that of the older service, whose clients read it. */
export class AnomalyRuleNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'anomaly_detection_rule_not_found', 'Anomaly detection rule not found');
  }
}

export class AnomalyRuleTakenError extends DomainError {
  constructor() {
    super('conflict', 'anomaly_detection_rule_exists', 'The pipeline has another rule for this metric.');
  }
}
