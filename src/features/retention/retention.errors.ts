import { DomainError } from '../../platform/errors/domain-error.js';

export class CleanUpRunningError extends DomainError {
  constructor() {
    super('conflict', 'clean_up_running', 'Another clean-up is running; try again when it has ended.');
  }
}
