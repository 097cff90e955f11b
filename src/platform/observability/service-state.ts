import { Injectable } from '@nestjs/common';

/** Whether the service is stopping: then it is not ready for new work while it finishes the current work. */
@Injectable()
export class ServiceState {
  private isStopping = false;

  get stopping(): boolean {
    return this.isStopping;
  }

  stop(): void {
    this.isStopping = true;
  }
}
