-- SPDX-License-Identifier: MIT
-- migrate_5.sql -- from version 4 of the store to 5: runs and drills have a name that holds in every store, so that they can
-- be handed from one to another; the newest runs of a class are found by their time, since those that were handed on come in
-- any order.

ALTER TABLE run ADD COLUMN uuid TEXT; -- 32 hexadecimal digits, of random bytes
UPDATE run SET uuid = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX run_uuid ON run (uuid);
ALTER TABLE drill ADD COLUMN uuid TEXT;
UPDATE drill SET uuid = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX drill_uuid ON drill (uuid);
CREATE INDEX run_started ON run (host_class, started);
