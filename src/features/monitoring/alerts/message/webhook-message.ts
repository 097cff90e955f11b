import type { IncidentDto } from '../../incidents/incident.dto.js';
import { linkOf, type Message } from './message.js';

/** The part of a body that can be completed later. */
export interface WebhookBody {
  readonly incidents: readonly IncidentDto[];
}

/** The body of the webhook: JSON, the incidents as in `GET /incident`, with links if they are configured. */
export function webhookMessage(message: Message): string {
  const { at, count, deliveryId, event, incidents, test } = message;
  return JSON.stringify({
    delivery_id: deliveryId,
    event,
    created_at: at.toISOString(),
    incident_count: count,
    incidents: incidents.map((incident) => {
      const link = linkOf(message, incident.id);
      return link === undefined ? incident : { ...incident, console_url: link };
    }),
    ...(test && {
      test: { pipeline_id: test.pipelineId, pipeline_name: test.name, kind: test.kind, severity: test.severity },
    }),
  });
}
