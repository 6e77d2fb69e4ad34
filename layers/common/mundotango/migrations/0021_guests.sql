-- A guest is whoever has one of the links that were mailed to the address, of which only hashes are kept. So each mail has
-- a link of its own, and one that is asked for anew ends none before.
CREATE TABLE guest_links (
    token_hash text PRIMARY KEY,
    guest_id uuid NOT NULL REFERENCES guests ON DELETE CASCADE,
    written_at timestamptz NOT NULL
);
CREATE INDEX idx_guest_links_guest ON guest_links (guest_id);
INSERT INTO guest_links (token_hash, guest_id, written_at) SELECT token_hash, id, created_at FROM guests;

ALTER TABLE guests
    DROP COLUMN token_hash,
    ADD COLUMN confirmed_at timestamptz,  -- when they first registered by a link; until then anybody may have asked
    ADD COLUMN kept_until timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN reminded smallint NOT NULL DEFAULT 0,  -- how many of the reminders before it begins were written
    ADD COLUMN change_untold boolean NOT NULL DEFAULT false;  -- of the event: they are still to be written to
ALTER TABLE guests ALTER COLUMN kept_until DROP DEFAULT;
CREATE INDEX idx_guests_kept_until ON guests (kept_until);
CREATE INDEX idx_guests_change_untold ON guests (id) WHERE change_untold;
