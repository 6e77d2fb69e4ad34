-- Who comes to what. What registers locks the one time of the event that it is for, on which the places that are taken
-- are counted, so that they are never more than the organiser allows.
CREATE TABLE registration_settings (
    event_id uuid PRIMARY KEY REFERENCES events ON DELETE CASCADE,  -- one without a row takes no registrations
    capacity integer,
    leaders integer,
    followers integer,
    tolerance integer,
    offered_for interval NOT NULL,
    admission text NOT NULL CHECK (admission IN ('first_come', 'organiser')),
    approval boolean NOT NULL,
    opens_before interval,
    closes_before interval NOT NULL,
    given_back_before interval NOT NULL,
    questions text[] NOT NULL,
    changed_at timestamptz NOT NULL
);

ALTER TABLE occurrences
    ADD COLUMN taken_leaders integer NOT NULL DEFAULT 0,
    ADD COLUMN taken_followers integer NOT NULL DEFAULT 0,
    ADD COLUMN taken_both integer NOT NULL DEFAULT 0,
    ADD COLUMN registered integer NOT NULL DEFAULT 0;  -- the position that was given last

CREATE TABLE registrations (
    id uuid PRIMARY KEY,
    occurrence_id uuid NOT NULL REFERENCES occurrences ON DELETE CASCADE,
    position integer NOT NULL,
    state text NOT NULL CHECK (state IN (
        'pending', 'waiting', 'offered', 'accepted', 'attended', 'refused', 'declined', 'expired', 'cancelled'
    )),
    offered_until timestamptz,
    leaders smallint NOT NULL,  -- of the party, as it is counted
    followers smallint NOT NULL,
    both_roles smallint NOT NULL,
    answers text[] NOT NULL,
    registered_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    UNIQUE (occurrence_id, position),
    CHECK ((state = 'offered') = (offered_until IS NOT NULL))
);
CREATE INDEX idx_registrations_waiting ON registrations (occurrence_id, leaders, followers, both_roles, position)
    WHERE state = 'waiting';
CREATE INDEX idx_registrations_offered ON registrations (offered_until) WHERE state = 'offered';

-- Who registers without an account.
CREATE TABLE guests (
    id uuid PRIMARY KEY,
    occurrence_id uuid NOT NULL REFERENCES occurrences ON DELETE CASCADE,
    email text NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    token_hash text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    UNIQUE (occurrence_id, email)
);

CREATE TABLE registration_dancers (
    registration_id uuid NOT NULL REFERENCES registrations ON DELETE CASCADE,
    position smallint NOT NULL,
    occurrence_id uuid NOT NULL REFERENCES occurrences ON DELETE CASCADE,
    user_id uuid REFERENCES users ON DELETE CASCADE,
    guest_id uuid REFERENCES guests ON DELETE CASCADE,
    person_id uuid NOT NULL,  -- either of the two
    role text NOT NULL CHECK (role IN ('leader', 'follower', 'both')),
    hidden boolean NOT NULL,  -- from other dancers
    is_open boolean NOT NULL,  -- beside it the same person cannot register again
    PRIMARY KEY (registration_id, position),
    CHECK ((user_id IS NULL) <> (guest_id IS NULL)),
    CHECK (person_id = coalesce(user_id, guest_id))
);
CREATE UNIQUE INDEX registration_dancers_once ON registration_dancers (occurrence_id, person_id) WHERE is_open;
CREATE INDEX idx_registration_dancers_person ON registration_dancers (occurrence_id, person_id);
CREATE INDEX idx_registration_dancers_user ON registration_dancers (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX idx_registration_dancers_guest ON registration_dancers (guest_id) WHERE guest_id IS NOT NULL;

CREATE TABLE rsvps (
    occurrence_id uuid NOT NULL REFERENCES occurrences ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    answer text NOT NULL CHECK (answer IN ('going', 'interested', 'not_going')),
    hidden boolean NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (occurrence_id, user_id)
);
CREATE INDEX idx_rsvps_user ON rsvps (user_id);
