import { ApiProperty } from '@nestjs/swagger';

/** The answer to one event. */
export class ReceivedEventDto {
  @ApiProperty({
    description: 'The execution of the run; absent for an event of a job or of a dataset, and for one that is too old.',
    type: 'integer',
    required: false,
    example: 123,
  })
  execution_id?: number;
}

/** How many events of a batch were taken. */
export class BatchSummaryDto {
  @ApiProperty({ description: 'The events of the batch.', type: 'integer', example: 2 })
  received!: number;

  @ApiProperty({ description: 'Those that were taken.', type: 'integer', example: 1 })
  successful!: number;

  @ApiProperty({ description: 'Those that were not.', type: 'integer', example: 1 })
  failed!: number;

  @ApiProperty({ description: 'Of these, those that may be sent again.', type: 'integer', example: 0 })
  retriable!: number;

  @ApiProperty({ description: 'Of these, those that a repeat cannot mend.', type: 'integer', example: 1 })
  non_retriable!: number;
}

/** An event that was not taken. */
export class FailedEventDto {
  @ApiProperty({ description: 'Its position in the batch, from 0.', type: 'integer', example: 1 })
  index!: number;

  @ApiProperty({ description: 'The field and its rule.', example: 'run.runId: must be a UUID' })
  reason!: string;

  @ApiProperty({ description: 'Whether it may be sent again.', example: false })
  retriable!: boolean;
}

/** The answer to a batch of events. */
export class ReceivedBatchDto {
  @ApiProperty({ description: 'Whether all events were taken.', enum: ['success', 'partial_success'] })
  status!: 'success' | 'partial_success';

  @ApiProperty({ description: 'The numbers of events.' })
  summary!: BatchSummaryDto;

  @ApiProperty({ description: 'The events that were not taken.', type: [FailedEventDto] })
  failed_events!: FailedEventDto[];
}
