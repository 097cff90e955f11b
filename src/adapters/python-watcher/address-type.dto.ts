import { ApiProperty } from '@nestjs/swagger';
import { Id, ID, INSTANT, NAME, Name, Optional } from '../../platform/http/fields.js';
import { PatchBody } from '../../platform/http/request-validation.pipe.js';

/** A new type of addresses. */
export class CreateAddressTypeDto {
  /**
   * Its name, unique without case.
   * @example postgresql
   */
  @Name()
  name!: string;

  /**
   * Its group. An existing type keeps its own.
   * @example database
   */
  @Name()
  group_name!: string;
}

/** A change of a type of addresses. */
export class PatchAddressTypeDto extends PatchBody {
  /**
   * Which type; or give its `name`.
   * @example 1
   */
  @Optional()
  @Id()
  id?: number;

  /**
   * Which type; with `id`, its new name.
   * @example postgresql
   */
  @Optional()
  @Name()
  name?: string;

  /**
   * Its new group.
   * @example database
   */
  @Optional()
  @Name()
  group_name?: string;
}

/** A type of addresses. */
export class AddressTypeDto {
  /**
   * Its id.
   * @example 1
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * Its name.
   * @example postgresql
   */
  @ApiProperty(NAME)
  name!: string;

  /**
   * Its group.
   * @example database
   */
  @ApiProperty(NAME)
  group_name!: string;

  /**
   * When it was created (UTC).
   * @example 2026-01-31T02:00:00.000Z
   */
  @ApiProperty(INSTANT)
  created_at!: string;

  /**
   * When it last changed (UTC); null if it never did.
   * @example 2026-02-01T02:00:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  updated_at!: string | null;
}
