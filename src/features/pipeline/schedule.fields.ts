import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { must, Text } from '../../platform/http/fields.js';
import { isTimeZone, scheduleProblem } from './schedule.js';

/** A schedule in a body: a cron expression, or the name of one. */
export const ScheduleExpression = (): PropertyDecorator =>
  applyDecorators(
    Text(1, 255),
    ValidateBy({
      name: 'schedule',
      validator: {
        validate: (value) => typeof value !== 'string' || scheduleProblem(value) === undefined,
        defaultMessage: (given) => scheduleProblem(String(given?.value)) ?? 'is wrong',
      },
    }),
    ApiProperty({ type: 'string' }),
  );

/** The name of an IANA time zone in a body. */
export const TimeZone = (): PropertyDecorator =>
  applyDecorators(
    Text(1, 64),
    must(
      'time_zone',
      'the name of an IANA time zone, such as Europe/Berlin',
      (value) => typeof value !== 'string' || isTimeZone(value),
    ),
  );
