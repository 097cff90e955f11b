import { ApiProperty } from '@nestjs/swagger';
import { ID } from '../../platform/http/fields.js';

/** The most events of a batch. */
export const MOST_EVENTS = 1000;

const OBJECT = { type: 'object', additionalProperties: true, nullable: true, selfRequired: false } as const;
const DATASETS = {
  type: 'array',
  items: { type: 'object', additionalProperties: true },
  maxItems: 1000,
  nullable: true,
  required: false,
} as const;
const COUNT = { type: 'integer', format: 'int32', minimum: 0, maximum: MOST_EVENTS } as const;

/** An event of OpenLineage, as its specification has it: of a run, of a job or of a dataset. */
export class LineageEventDto {
  @ApiProperty({
    description: 'START, RUNNING, COMPLETE, ABORT, FAIL or OTHER, in any case; any other value counts as OTHER.',
    type: 'string',
    nullable: true,
    required: false,
    example: 'START',
  })
  eventType?: string | null;

  @ApiProperty({
    description: 'When it happened; with or without an offset, and up to nine decimals.',
    type: 'string',
    format: 'date-time',
    example: '2026-03-01T02:00:00.000Z',
  })
  eventTime!: string;

  @ApiProperty({
    ...OBJECT,
    description: 'The run: `runId`, a UUID, and `facets`. Only in an event of a run.',
    example: { runId: '0198cf0a-7c11-7d3e-9b51-6f0f4c2f9a10' },
  })
  run?: object | null;

  @ApiProperty({
    ...OBJECT,
    description: 'The job: `namespace`, `name` and `facets`.',
    example: { namespace: 'prod', name: 'nightly.load' },
  })
  job?: object | null;

  @ApiProperty({
    ...OBJECT,
    description: 'The dataset: `namespace`, `name` and `facets`. Only in an event of a dataset.',
    example: { namespace: 'postgres://db:5432', name: 'shop.public.orders' },
  })
  dataset?: object | null;

  @ApiProperty({
    ...DATASETS,
    description: 'The datasets that were read.',
    example: [{ namespace: 'postgres://db:5432', name: 'shop.public.orders' }],
  })
  inputs?: object[] | null;

  @ApiProperty({
    ...DATASETS,
    description: 'The datasets that were written.',
    example: [{ namespace: 's3://lake', name: 'orders' }],
  })
  outputs?: object[] | null;
}

/** The answer to one event. */
export class ReceivedEventDto {
  /**
   * The execution of the run; absent for an event of a job or of a dataset.
   * @example 123
   */
  @ApiProperty({ ...ID, required: false })
  execution_id?: number;
}

/** How many events of a batch were taken. */
export class LineageSummaryDto {
  /**
   * The events of the batch.
   * @example 2
   */
  @ApiProperty(COUNT)
  received!: number;

  /**
   * Those that were taken.
   * @example 1
   */
  @ApiProperty(COUNT)
  successful!: number;

  /**
   * Those that were not.
   * @example 1
   */
  @ApiProperty(COUNT)
  failed!: number;

  /**
   * Of these, those that may be sent again.
   * @example 0
   */
  @ApiProperty(COUNT)
  retriable!: number;

  /**
   * Of these, those that a repeat cannot mend.
   * @example 1
   */
  @ApiProperty(COUNT)
  non_retriable!: number;
}

/** An event that was not taken. */
export class FailedEventDto {
  /**
   * Its position in the batch, from 0.
   * @example 1
   */
  @ApiProperty(COUNT)
  index!: number;

  /**
   * The field and its rule.
   * @example "run.runId: must be a UUID"
   */
  reason!: string;

  /**
   * Whether it may be sent again.
   * @example false
   */
  retriable!: boolean;
}

/** Whether all events of a batch were taken. */
export const BATCH_STATUSES = ['success', 'partial_success'] as const;

/** The answer to a batch of events. */
export class ReceivedBatchDto {
  /**
   * Whether all events were taken.
   * @example "partial_success"
   */
  @ApiProperty({ enum: BATCH_STATUSES, enumName: 'LineageBatchStatus' })
  status!: (typeof BATCH_STATUSES)[number];

  /** The numbers of events. */
  summary!: LineageSummaryDto;

  /** The events that were not taken. */
  failed_events!: FailedEventDto[];
}
