-- SPDX-License-Identifier: MIT
-- migrate_2.sql -- from version 1 of the store to 2: a series has a role, of which "peer" was one.

ALTER TABLE series ADD COLUMN role INTEGER NOT NULL DEFAULT 0 CHECK (role IN (0, 1, 2)); -- ours, peer, roof
UPDATE series SET role = peer;
ALTER TABLE series DROP COLUMN peer;
