-- SPDX-License-Identifier: MIT
-- migrate_3.sql -- from version 2 of the store to 3: a drill is kept run by run, and says of which build and of which
-- margin it is, so that what several of them found can be added up.

ALTER TABLE drill ADD COLUMN build TEXT NOT NULL DEFAULT ''; -- a hash of the program; '': not known
ALTER TABLE drill ADD COLUMN margin REAL NOT NULL DEFAULT 0.03;
