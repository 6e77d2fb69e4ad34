-- Whether those who follow somebody are shown when they are here, and who is in a conversation with them when they type.
ALTER TABLE users ADD COLUMN shows_presence boolean NOT NULL DEFAULT true;
