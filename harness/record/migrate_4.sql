-- SPDX-License-Identifier: MIT
-- migrate_4.sql -- from version 3 of the store to 4: acknowledged steps, nights, and what is left of samples that were
-- thinned.

-- A step of a series that somebody has explained: `run` is the first one at the new level.
CREATE TABLE ack (
    id INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL,
    metric TEXT NOT NULL,
    host_class TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES run,
    reason TEXT NOT NULL CHECK (reason <> ''),
    acked_at TEXT NOT NULL,
    UNIQUE (case_id, metric, host_class, run)
) STRICT;

-- One `pawl nightly` on one class of host: it measures in parts, a run each, and takes up again where it was cut short.
CREATE TABLE night (
    id INTEGER PRIMARY KEY,
    night TEXT NOT NULL, -- the UTC day on which it began
    host_class TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    parts INTEGER NOT NULL,
    started TEXT NOT NULL,
    finished_at TEXT, -- NULL: at work, or cut short
    UNIQUE (night, host_class)
) STRICT;

CREATE TABLE night_part (
    night INTEGER NOT NULL REFERENCES night,
    part TEXT NOT NULL, -- a scenario
    run INTEGER REFERENCES run, -- NULL: it came to no run
    exit INTEGER NOT NULL,
    PRIMARY KEY (night, part)
) STRICT, WITHOUT ROWID;

-- What `pawl prune` leaves of a block's samples of one series.
CREATE TABLE block_summary (
    series INTEGER NOT NULL REFERENCES series,
    run INTEGER NOT NULL REFERENCES run,
    block INTEGER NOT NULL,
    samples INTEGER NOT NULL CHECK (samples > 0),
    iterations INTEGER NOT NULL, -- of all samples
    ns_min REAL NOT NULL,
    ns_q1 REAL NOT NULL,
    ns_median REAL NOT NULL,
    ns_q3 REAL NOT NULL,
    ns_max REAL NOT NULL,
    switches INTEGER NOT NULL, -- of all samples
    mhz REAL,                  -- means of the samples that know them
    instructions REAL,
    PRIMARY KEY (series, run, block)
) STRICT, WITHOUT ROWID;

-- Nearly every case is ok: with this a series is read without a look at its case_result for each run.
CREATE INDEX case_result_not_ok ON case_result (series, run) WHERE status <> 'ok';
