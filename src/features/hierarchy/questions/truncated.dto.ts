import { ApiProperty } from '@nestjs/swagger';
import { DEPTH } from '../hierarchy.dto.js';

/** Whether a response covers the whole tree. */
export class TruncatedDto {
  /**
   * True if executions are missing because the tree exceeds 10,000: only the first 10,000 are analysed, level by level
   * in id order, and all figures cover only those. Also true if the list in the response was truncated at 16 MB; the
   * figures include the omitted entries.
   * @example false
   */
  @ApiProperty()
  truncated!: boolean;

  /** The first level with missing executions; null if none are missing. */
  @ApiProperty({ ...DEPTH, example: null })
  truncated_at_depth!: number | null;
}
