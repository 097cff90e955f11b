/** The number of open incidents, by kind, up to 100,000 in all; by ix_incident_open. */
export const COUNT_OPEN_INCIDENTS = `
  SELECT count(*) FILTER (WHERE kind = 'freshness') AS freshness,
         count(*) FILTER (WHERE kind = 'timeliness') AS timeliness,
         count(*) FILTER (WHERE kind = 'failure') AS failure,
         count(*) FILTER (WHERE kind = 'lost') AS lost,
         count(*) FILTER (WHERE kind = 'missed') AS missed
    FROM (SELECT i.kind FROM incident i WHERE i.resolved_at IS NULL LIMIT 100000) AS open`;
