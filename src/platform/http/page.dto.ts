import { ApiProperty } from '@nestjs/swagger';
import { Optional, QueryWhole, Text } from './fields.js';

/** The parameters of every list. */
export class PageQuery {
  /**
   * The most items in one page. A page of long items may have fewer, since it has at most 16 MB; it has at least one.
   * @example 100
   */
  @Optional()
  @QueryWhole(1, 1000)
  limit?: number = 100;

  /**
   * The start of the page: the `cursor` in the `Link: <...>; rel="next"` header of the previous page. Opaque.
   * @example MTAw
   */
  @Optional()
  @Text(1, 200)
  @ApiProperty({ pattern: '^[A-Za-z0-9_-]+$' })
  cursor?: string;
}
