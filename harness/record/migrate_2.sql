-- SPDX-License-Identifier: MIT
-- migrate_2.sql -- from version 1 of the store to 2: a series has a role, of which "peer" was one; a drill is of
-- one of two gates.

ALTER TABLE series ADD COLUMN role INTEGER NOT NULL DEFAULT 0 CHECK (role IN (0, 1, 2)); -- ours, peer, roof
UPDATE series SET role = peer;
ALTER TABLE series DROP COLUMN peer;
ALTER TABLE drill ADD COLUMN pairs INTEGER NOT NULL DEFAULT 0 CHECK (pairs IN (0, 1)); -- 1: as gate --against judges
