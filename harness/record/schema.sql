-- SPDX-License-Identifier: MIT
-- schema.sql -- version 1 of the store; migrate_N.sql takes it on to version N. store_open.c runs what is due in one
-- transaction and sets application_id, user_version.
--
-- Times are nanoseconds, dates UTC ("2026-11-21T02:05:53Z"). In a REAL column NULL is "not known", but for the interval
-- of an estimate, where a NULL end is open: infinite. Words are those of the JSON document. Nothing is ever updated but
-- a run when it finishes and the description of a series.

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    command TEXT NOT NULL, -- "gate --quick"
    against TEXT NOT NULL, -- the commit whose program took turns with this one; '': none
    commit_id TEXT NOT NULL,
    dirty INTEGER NOT NULL CHECK (dirty IN (0, 1)),
    host_class TEXT NOT NULL,
    compiler TEXT NOT NULL,
    flags TEXT NOT NULL,
    libraries TEXT NOT NULL,
    seed INTEGER NOT NULL, -- unsigned; above 2^63 it shows here as negative
    started TEXT NOT NULL,
    seconds REAL,
    finished_at TEXT, -- NULL: still at work, or cut short
    judged INTEGER NOT NULL DEFAULT 0 CHECK (judged IN (0, 1)),
    exit INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE host_fact (
    run INTEGER NOT NULL REFERENCES run,
    position INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

-- A case, known by one small number. The description is the newest one.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL UNIQUE,
    scenario TEXT NOT NULL,
    variant TEXT NOT NULL,
    reference TEXT NOT NULL,
    params TEXT NOT NULL,
    peer INTEGER NOT NULL CHECK (peer IN (0, 1)),
    comparison TEXT NOT NULL GENERATED ALWAYS AS (scenario || CASE WHEN params = '' THEN '' ELSE '/' || params END) VIRTUAL
) STRICT;

CREATE TABLE block (
    run INTEGER NOT NULL REFERENCES run,
    comparison TEXT NOT NULL, -- as in series
    block INTEGER NOT NULL,
    side INTEGER NOT NULL CHECK (side IN (0, 1)), -- 1: of the program that run.against names
    status TEXT NOT NULL,
    variant TEXT NOT NULL, -- the culprit where status is not 'ok'; '': before any variant was touched
    reason TEXT NOT NULL,
    cpus TEXT NOT NULL,
    seconds REAL,
    PRIMARY KEY (run, comparison, block)
) STRICT, WITHOUT ROWID;

-- One repetition. Its block is (run, comparison of the series, block): not a foreign key, because that would repeat the
-- comparison's name in every one of millions of rows. ("ON DELETE NO ACTION" is what holds without it, too; by these words a
-- server is told not to look both up for every sample of a COPY: sql_dialect.c.)
CREATE TABLE sample (
    series INTEGER NOT NULL REFERENCES series ON DELETE NO ACTION,
    run INTEGER NOT NULL REFERENCES run ON DELETE NO ACTION,
    block INTEGER NOT NULL,
    position INTEGER NOT NULL, -- in the block, over all of its variants
    round INTEGER NOT NULL,    -- pairs the samples of one round
    iterations INTEGER NOT NULL CHECK (iterations > 0),
    ns REAL NOT NULL CHECK (ns >= 0 AND ns < 9e999), -- per operation; 9e999 is infinity
    cpu_ns REAL CHECK (cpu_ns >= 0 AND cpu_ns < 9e999),
    cpu INTEGER NOT NULL,
    switches INTEGER NOT NULL,
    migrated INTEGER NOT NULL CHECK (migrated IN (0, 1)),
    mhz REAL CHECK (mhz >= 0 AND mhz < 9e999),
    -- per operation, in user space, of the measuring thread
    instructions REAL CHECK (instructions >= 0 AND instructions < 9e999),
    cycles REAL CHECK (cycles >= 0 AND cycles < 9e999),
    branch_misses REAL CHECK (branch_misses >= 0 AND branch_misses < 9e999),
    cache_misses REAL CHECK (cache_misses >= 0 AND cache_misses < 9e999),
    PRIMARY KEY (series, run, block, position)
) STRICT, WITHOUT ROWID;

-- What one block says about one metric. Exact values are stored with their block, timed ones when the run finishes.
-- `block` is the block's index; for values that came without their samples (an import) it counts from 0.
CREATE TABLE block_value (
    series INTEGER NOT NULL REFERENCES series,
    run INTEGER NOT NULL REFERENCES run,
    metric TEXT NOT NULL,
    block INTEGER NOT NULL,
    value REAL,
    PRIMARY KEY (series, run, metric, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE case_result (
    run INTEGER NOT NULL REFERENCES run,
    series INTEGER NOT NULL REFERENCES series,
    position INTEGER NOT NULL, -- in the run
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    n_blocks INTEGER NOT NULL,
    PRIMARY KEY (run, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE estimate (
    series INTEGER NOT NULL,
    run INTEGER NOT NULL,
    metric TEXT NOT NULL,
    position INTEGER NOT NULL, -- in the case
    unit TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('timed', 'exact')),
    better TEXT NOT NULL CHECK (better IN ('higher', 'lower')),
    value REAL,
    low REAL,  -- NULL: minus infinity
    high REAL, -- NULL: plus infinity
    spread REAL,
    PRIMARY KEY (series, run, metric),
    FOREIGN KEY (run, series) REFERENCES case_result
) STRICT, WITHOUT ROWID;

-- The case is named, not numbered: a verdict may be about a case that only the baseline knows.
CREATE TABLE verdict (
    run INTEGER NOT NULL REFERENCES run,
    position INTEGER NOT NULL, -- in the run
    case_id TEXT NOT NULL,
    metric TEXT NOT NULL,
    against TEXT NOT NULL,
    outcome TEXT NOT NULL,
    value REAL,
    low REAL,
    high REAL,
    bound REAL, -- what it is held against ("limit" is a keyword)
    detectable REAL,
    reason TEXT NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

-- What `pawl drill` found: one row a slowdown, since version 3 one a gate run. Its runs are not kept: they say nothing about the program's history.
CREATE TABLE drill (
    id INTEGER PRIMARY KEY,
    host_class TEXT NOT NULL,
    started TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    cases TEXT NOT NULL,
    effect REAL NOT NULL, -- 0.03: 3 % slower
    runs INTEGER NOT NULL,
    alarmed_runs INTEGER NOT NULL,
    verdicts INTEGER NOT NULL,
    regressed INTEGER NOT NULL,
    inconclusive INTEGER NOT NULL,
    passed INTEGER NOT NULL,
    seconds REAL NOT NULL
) STRICT;
