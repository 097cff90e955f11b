import { Injectable } from '@nestjs/common';
import { Answer } from '../../platform/http/answer.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import { type QueueReportDto, TASKS } from './queue.dto.js';
import { FIND_BACKLOG } from './queue.sql.js';

type Task = (typeof TASKS)[number];

/** The counters of the queues that a schedule fills. All checks are one job, whichever they are. */
const SCHEDULED: ReadonlyMap<string, Task> = new Map<string, Task>([
  ['check', 'scheduled_timeliness_check'],
  ['change-hint-sweep', 'unknown'],
  ['idempotency-sweep', 'unknown'],
  ['session-sweep', 'unknown'],
]);

/** The counters of work that the service does as it comes. */
const REGULAR: ReadonlyMap<string, Task> = new Map<string, Task>([['anomaly', 'detect_anomalies_task']]);

/** Says how much background work waits, in the words of the older service. */
@Injectable()
export class QueueService {
  constructor(private readonly idempotency: IdempotencyService) {}

  report(): Promise<Answer<QueueReportDto>> {
    return this.idempotency.once(async (manager) =>
      Answer.found(toReport(await manager.query<{ work: string; waiting: number }[]>(FIND_BACKLOG))),
    );
  }
}

function toReport(backlog: readonly { readonly work: string; readonly waiting: number }[]): QueueReportDto {
  const counts = Object.fromEntries(TASKS.map((task) => [task, 0])) as Record<Task, number>;
  let scheduled = 0;
  for (const { work, waiting } of backlog) {
    counts[SCHEDULED.get(work) ?? REGULAR.get(work) ?? 'unknown'] += waiting;
    if (SCHEDULED.has(work)) scheduled += waiting;
  }
  const total = backlog.reduce((sum, { waiting }) => sum + waiting, 0);
  return {
    status: 'success',
    total_pending: total,
    regular_queue_pending: total - scheduled,
    scheduled_queue_pending: scheduled,
    beat_scheduled_tasks: scheduled,
    task_breakdown: TASKS.filter((task) => counts[task] > 0).map((task) => `${titleOf(task)}: ${counts[task]}`),
    task_breakdown_raw: counts,
  };
}

/** `detect_anomalies_task` as `Detect Anomalies Task`. */
function titleOf(task: Task): string {
  return task.replaceAll('_', ' ').replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
