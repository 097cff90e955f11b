import type { TestDatabase } from './database.js';

/** The tables of the older Python service. */
const TABLES = `
  CREATE TYPE datepart AS ENUM ('MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR');
  CREATE TABLE pipeline_type (
    id serial PRIMARY KEY, name varchar(150) NOT NULL UNIQUE, freshness_number int, freshness_datepart datepart,
    mute_freshness_check boolean NOT NULL DEFAULT false, timeliness_number int, timeliness_datepart datepart,
    mute_timeliness_check boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz);
  CREATE TABLE pipeline (
    id serial PRIMARY KEY, name varchar(150) NOT NULL UNIQUE, pipeline_type_id int NOT NULL REFERENCES pipeline_type (id),
    watermark varchar(50), next_watermark varchar(50), pipeline_metadata jsonb, last_target_insert timestamptz,
    last_target_update timestamptz, last_target_soft_delete timestamptz, freshness_number int,
    freshness_datepart datepart, mute_freshness_check boolean NOT NULL DEFAULT false, timeliness_number int,
    timeliness_datepart datepart, mute_timeliness_check boolean NOT NULL DEFAULT false,
    load_lineage boolean NOT NULL DEFAULT true, active boolean NOT NULL DEFAULT true,
    input_hash varchar(20) NOT NULL DEFAULT '', created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz);
  CREATE TABLE pipeline_execution (
    id bigserial PRIMARY KEY, parent_id int, pipeline_id int NOT NULL, start_date timestamptz, date_recorded date,
    hour_recorded int, end_date timestamptz, duration_seconds int, completed_successfully boolean, inserts int,
    updates int, soft_deletes int, total_rows int, watermark varchar(50), next_watermark varchar(50),
    execution_metadata jsonb, anomaly_flags jsonb, throughput numeric);
  CREATE TABLE pipeline_execution_closure (
    parent_execution_id bigint, child_execution_id bigint, depth int, PRIMARY KEY (parent_execution_id, child_execution_id));
  CREATE TABLE address_type (
    id serial PRIMARY KEY, name varchar(150) NOT NULL UNIQUE, group_name varchar(150) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz);
  CREATE TABLE address (
    id serial PRIMARY KEY, name varchar(150) NOT NULL UNIQUE, address_type_id int NOT NULL, database_name varchar(50),
    schema_name varchar(50), table_name varchar(50), primary_key varchar(50), address_metadata jsonb,
    input_hash varchar(20) NOT NULL DEFAULT '', created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz);
  CREATE TABLE address_lineage (
    id serial PRIMARY KEY, pipeline_id int NOT NULL, source_address_id int NOT NULL, target_address_id int NOT NULL,
    UNIQUE (source_address_id, target_address_id));
  CREATE TYPE metric AS ENUM ('DURATION_SECONDS', 'INSERTS', 'UPDATES', 'SOFT_DELETES', 'TOTAL_ROWS', 'THROUGHPUT');
  CREATE TABLE anomaly_detection_rule (
    id serial PRIMARY KEY, pipeline_id int NOT NULL, metric_field metric NOT NULL, z_threshold numeric(4, 2) DEFAULT 3,
    lookback_days int DEFAULT 30, minimum_executions int DEFAULT 30, active boolean DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz, UNIQUE (pipeline_id, metric_field))`;

/** The number of executions with ordinary rows: trees of 50, three children to each parent. */
export const ORDINARY = 5000;

/** The number of addresses that are the same here as no other; each with the next is an edge of pipeline 1. */
export const ADDRESSES = 300;

/** Creates the older service's tables, with 5,000 executions in trees, lineage, rules, and some odd rows of each. */
export async function fillOlderDatabase(database: TestDatabase): Promise<void> {
  await database.sql(TABLES);
  await database.sql(`
    INSERT INTO pipeline_type (name, freshness_number, freshness_datepart, created_at)
    VALUES ('batch', 2, 'DAY', '2024-01-01 00:00:00.123456+00'), ('api', NULL, NULL, '2024-01-02')`);
  await database.sql(`
    INSERT INTO pipeline (name, pipeline_type_id, watermark, next_watermark, pipeline_metadata, last_target_insert,
                          freshness_number, freshness_datepart, timeliness_number, timeliness_datepart, active,
                          load_lineage, created_at, updated_at)
    VALUES ('nightly', 1, '4950', '4950', '{"owner": "Data", "exact": 12345678901234567890.10}', '2025-03-01', 1, 'HOUR', 30, 'MINUTE', true, false, '2024-01-01', '2024-02-01'),
           ('orders', 1, '7', '9', NULL, NULL, NULL, NULL, NULL, NULL, false, true, '2024-01-01', NULL),
           ('straße', 2, NULL, NULL, NULL, NULL, 5, NULL, NULL, NULL, true, true, '2024-01-01', NULL),
           ('strasse', 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, true, '2024-01-01', NULL),
           (E'tab\\there ', 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, true, '2024-01-01', NULL)`);
  await database.sql(
    `INSERT INTO pipeline_execution (id, parent_id, pipeline_id, start_date, end_date, date_recorded, hour_recorded,
                                     duration_seconds, completed_successfully, inserts, total_rows, watermark,
                                     next_watermark, execution_metadata)
     SELECT n, CASE WHEN k > 0 THEN n - k + (k - 1) / 3 END,
            CASE WHEN n % 50 = 1 THEN 1 ELSE 2 + n % 3 END, started, started + interval '90 s', started::date,
            extract(hour FROM started), 90, n % 7 <> 0, n % 10, n, (n - 50)::text, n::text,
            CASE WHEN n % 100 = 0 THEN '{"partition": "A", "big": 9007199254740993}'::jsonb END
       FROM (SELECT n, (n - 1) % 50 AS k, timestamptz '2025-01-01 00:00:00.123456+00' + n * interval '10 minutes' AS started
               FROM generate_series(1, $1::int) AS n) rows`,
    [ORDINARY],
  );
  // 5001: no parent is there. 5002: its parent comes later. 5003: no start, 5004 below it. 5005: no such pipeline.
  // 5006: ends before its start. 5007: no end, but a result. 5008: an end without a result. 5009 and 5010 run.
  await database.sql(`
    INSERT INTO pipeline_execution (id, parent_id, pipeline_id, start_date, end_date, duration_seconds,
                                    completed_successfully, inserts)
    VALUES (5001, 999999, 1, '2025-03-01', '2025-03-02', 86400, true, 1),
           (5002, 5003, 1, '2025-03-01', '2025-03-02', 86400, true, 1),
           (5003, NULL, 1, NULL, '2025-03-02', 1, true, 1),
           (5004, 5003, 1, '2025-03-01', '2025-03-02', 86400, false, 1),
           (5005, NULL, 77, '2025-03-01', '2025-03-02', 86400, true, 1),
           (5006, NULL, 1, '2025-03-01 12:00', '2025-03-01', 0, true, -1),
           (5007, NULL, 1, '2025-03-01', NULL, 60, false, NULL),
           (5008, 5007, 1, '2025-03-01', '2025-03-02', 60, NULL, NULL),
           (5009, 5008, 1, '2025-03-01', NULL, NULL, NULL, NULL),
           (5010, 5009, 2, '2025-03-01', NULL, NULL, NULL, NULL)`);
  await database.sql(`SELECT setval('pipeline_execution_id_seq', 5010)`);
  await database.sql('INSERT INTO pipeline_execution_closure SELECT id, id, 0 FROM pipeline_execution WHERE id < 100');
  await fillLineage(database);
}

async function fillLineage(database: TestDatabase): Promise<void> {
  await database.sql(`
    INSERT INTO address_type (name, group_name, created_at)
    VALUES ('postgresql', 'database', '2024-01-01'), ('straße', 'street', '2024-01-01'), ('strasse', 'road', '2024-01-01')`);
  await database.sql(
    `INSERT INTO address (name, address_type_id, database_name, schema_name, table_name, primary_key, address_metadata, created_at)
     SELECT 'db.public.table' || n, 1, 'db', 'public', 'table' || n, 'id',
            CASE WHEN n = 2 THEN '{"Owner": "Data", "exact": 12345678901234567890.10}'::jsonb END,
            timestamptz '2024-01-01 23:30+00' + n * interval '1 day'
       FROM generate_series(1, $1::int) n`,
    [ADDRESSES],
  );
  // The second of two that are the same here, and one without a type.
  await database.sql(`
    INSERT INTO address (id, name, address_type_id) VALUES (901, 'weiß', 3), (902, 'weiss', 3), (903, 'nowhere', 99)`);
  await database.sql(`SELECT setval('address_id_seq', 903)`);
  await database.sql(
    `INSERT INTO address_lineage (pipeline_id, source_address_id, target_address_id)
     SELECT 1, n, n + 1 FROM generate_series(1, $1::int - 1) n`,
    [ADDRESSES],
  );
  // A circle, an edge of the second of two that are the same here, one to nowhere, and one of no pipeline.
  await database.sql(`
    INSERT INTO address_lineage (id, pipeline_id, source_address_id, target_address_id)
    VALUES (901, 2, 2, 1), (902, 2, 902, 1), (903, 2, 1, 999), (904, 77, 1, 3)`);
  await database.sql(`
    INSERT INTO anomaly_detection_rule (pipeline_id, metric_field, z_threshold, lookback_days, minimum_executions, active)
    VALUES (1, 'TOTAL_ROWS', 2.35, 60, 10, true), (1, 'DURATION_SECONDS', 3, 30, 30, false),
           (2, 'TOTAL_ROWS', NULL, 30, 30, true), (2, 'INSERTS', 3, 0, 30, true), (77, 'INSERTS', 3, 30, 30, true)`);
}
