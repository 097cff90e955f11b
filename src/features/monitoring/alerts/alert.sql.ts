/** How many alerts wait and how many were given up, up to 100,000 of each; by ix_alert_unsent. */
export const COUNT_UNSENT = `
  SELECT (SELECT count(*) FROM (SELECT 1 FROM alert WHERE status = 'waiting' LIMIT 100000) AS waiting) AS waiting,
         (SELECT count(*) FROM (SELECT 1 FROM alert WHERE status = 'failed' LIMIT 100000) AS failed) AS failed`;
