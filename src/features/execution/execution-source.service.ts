import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** A module that keeps executions by ids, and with attempts, of its own. */
export interface ExecutionSource {
  /** The executions with an external id. */
  findByExternalId(manager: EntityManager, externalId: string): Promise<readonly number[]>;
  /** All attempts at the same run as an execution, itself included; none for an execution that is not its own. */
  findAttempts(manager: EntityManager, id: number): Promise<readonly number[]>;
  /** Those of these executions that are its own: they move the watermark of their pipeline only to a greater one. */
  findOwn(manager: EntityManager, ids: readonly number[]): Promise<readonly number[]>;
}

/** The other modules that are asked for executions. They add themselves in `onModuleInit`. */
@Injectable()
export class ExecutionSourceService {
  private readonly sources: ExecutionSource[] = [];

  add(source: ExecutionSource): void {
    this.sources.push(source);
  }

  async findByExternalId(manager: EntityManager, externalId: string): Promise<number[]> {
    const found: number[] = [];
    for (const source of this.sources) found.push(...(await source.findByExternalId(manager, externalId)));
    return found;
  }

  async findAttempts(manager: EntityManager, id: number): Promise<number[]> {
    const found: number[] = [];
    for (const source of this.sources) found.push(...(await source.findAttempts(manager, id)));
    return found;
  }

  async findOwn(manager: EntityManager, ids: readonly number[]): Promise<Set<number>> {
    const found = new Set<number>();
    if (ids.length === 0) return found;
    for (const source of this.sources) for (const id of await source.findOwn(manager, ids)) found.add(id);
    return found;
  }
}
