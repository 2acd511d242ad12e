-- SPDX-License-Identifier: MIT
-- roles.sql -- least privilege on a server that keeps a history: `pawl push --print-roles | psql URL`, by the owner of the
-- tables, once they are there (the owner's first `pawl push` makes them). Then give each runner a login in the one, and
-- whoever looks a login in the other:
--
--     CREATE ROLE runner_7 LOGIN IN ROLE pawl_writer;
--     CREATE ROLE alice LOGIN IN ROLE pawl_reader;
--
-- pawl_writer appends: it can neither change nor delete what is there. After an update of pawl that takes the tables to a
-- new version, run this again.

DO $$ BEGIN CREATE ROLE pawl_reader NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE pawl_writer NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT SELECT ON pawl_store, run, host_fact, series, block, sample, block_value, block_summary, case_result, estimate, verdict,
    drill, ack, night, night_part TO pawl_reader, pawl_writer;
GRANT INSERT ON run, host_fact, series, block, sample, block_value, block_summary, case_result, estimate, verdict,
    drill, ack, night, night_part TO pawl_writer;
