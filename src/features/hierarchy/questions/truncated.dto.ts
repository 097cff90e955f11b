import { ApiProperty } from '@nestjs/swagger';
import { DEPTH } from '../hierarchy.dto.js';

/** Whether an answer speaks of the whole tree. */
export class TruncatedDto {
  /**
   * Whether executions are missing because the tree is larger than is looked at: the first 10,000, level by level, in
   * the order of their ids. All figures are of those alone. Also whether the list in the answer was cut at its end
   * because it has more than 16 MB; the figures count what was cut.
   * @example false
   */
  @ApiProperty()
  truncated!: boolean;

  /**
   * The level from which executions are missing; null when none are.
   */
  @ApiProperty({ ...DEPTH, example: null })
  truncated_at_depth!: number | null;
}
