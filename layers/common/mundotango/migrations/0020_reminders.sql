-- What everybody who comes to one time of an event is told: that it changed, or that it begins soon. They are told page
-- by page, each page in one transaction with the place in the list up to where people were told, so that nobody is told
-- twice, or left out, wherever it stops.
CREATE TABLE broadcasts (
    id uuid PRIMARY KEY,
    occurrence_id uuid NOT NULL REFERENCES occurrences ON DELETE CASCADE,
    topic text NOT NULL CHECK (topic IN ('change', '24h', '2h')),
    changed text[] NOT NULL,
    starts_at timestamptz,  -- the beginning that a reminder is of: of another one people are reminded again
    actor_id uuid REFERENCES users ON DELETE SET NULL,  -- whose change it is: they are not told
    made_at timestamptz NOT NULL,
    after_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',  -- all up to this person were told
    done boolean NOT NULL DEFAULT false,
    CHECK ((topic = 'change') = (starts_at IS NULL))
);
CREATE UNIQUE INDEX broadcasts_once ON broadcasts (occurrence_id, topic, starts_at) WHERE topic <> 'change';
CREATE INDEX idx_broadcasts_occurrence ON broadcasts (occurrence_id);
CREATE INDEX idx_broadcasts_waiting ON broadcasts (id) WHERE NOT done;
CREATE INDEX idx_broadcasts_done ON broadcasts (made_at) WHERE done;
CREATE INDEX idx_broadcasts_actor ON broadcasts (actor_id) WHERE actor_id IS NOT NULL;
