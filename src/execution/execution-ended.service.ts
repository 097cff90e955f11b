import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ExecutionEntity } from './execution.entity.js';

/**
 * Hears of executions that end, as a part of the transaction that ends them, when their ends are sent and not yet
 * answered. What it asks of the manager comes after them; by the bare connection it would get ahead of them.
 */
export type EndedListener = (manager: EntityManager, ended: readonly ExecutionEntity[]) => Promise<void>;

/**
 * Lets the modules above know of ends without this one knowing them. What a listener writes is committed with the ends
 * or not at all; so a listener that throws refuses them, and one that is slow delays them.
 */
@Injectable()
export class ExecutionEndedService {
  private readonly listeners: EndedListener[] = [];

  listen(listener: EndedListener): void {
    this.listeners.push(listener);
  }

  /** Tells all listeners, one after the other. */
  async announce(manager: EntityManager, ended: readonly ExecutionEntity[]): Promise<void> {
    if (ended.length === 0) return;
    for (const listener of this.listeners) await listener(manager, ended);
  }
}
