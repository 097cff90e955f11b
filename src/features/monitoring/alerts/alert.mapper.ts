import type { AlertDto } from './alert.dto.js';
import { type AlertEntity, targetOf } from './alert.entity.js';

export function toAlertDto(alert: Omit<AlertEntity, 'body'>): AlertDto {
  return {
    id: alert.id,
    delivery_id: alert.deliveryId,
    channel: alert.channel,
    route: alert.route,
    target: targetOf(alert),
    event: alert.event,
    incident_ids: [...alert.incidentIds],
    status: alert.status,
    attempts: alert.attempts,
    last_error: alert.lastError,
    created_at: alert.createdAt.toISOString(),
    next_attempt_at: alert.nextAttemptAt?.toISOString() ?? null,
    sent_at: alert.sentAt?.toISOString() ?? null,
  };
}
