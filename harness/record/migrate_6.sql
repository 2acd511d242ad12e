-- SPDX-License-Identifier: MIT
-- migrate_6.sql -- from version 5 of the store to 6: what is asked of all runs is found without reading all that they hold: the
-- epoch among thirteen facts, the outcomes among verdicts with their reasons, the newest runs of any class.

CREATE INDEX host_fact_epoch ON host_fact (run, value) WHERE key = 'epoch';
CREATE INDEX verdict_outcome ON verdict (run, outcome);
CREATE INDEX run_time ON run (started, id);
