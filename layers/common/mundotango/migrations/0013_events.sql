-- Events as they are announced: at venues that all share, in several languages, once or as a series, each time that one
-- takes place a row by itself.
CREATE TABLE venues (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    name_key text NOT NULL,  -- without accents and capitals; two of one name do not stand side by side
    address text NOT NULL,
    city text NOT NULL,
    city_key text NOT NULL,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    zone text NOT NULL,
    search_key text NOT NULL,  -- name and address likewise; a space in front, so that each word has one before it
    created_by uuid REFERENCES users ON DELETE SET NULL,
    created_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX idx_venues_name ON venues (name_key);
CREATE INDEX idx_venues_city ON venues (city_key, id);
CREATE INDEX idx_venues_search ON venues USING gin (search_key gin_trgm_ops);
CREATE INDEX idx_venues_created_by ON venues (created_by) WHERE created_by IS NOT NULL;

-- Which venues a search may mean, `most` of those that contain what was asked and as many spelt nearly so. The threshold
-- is the function's own: set by a statement it would pin a proxy's connection.
CREATE FUNCTION venues_like(asked text, pattern text, most integer) RETURNS SETOF venues
LANGUAGE sql STABLE ROWS 500
SET pg_trgm.word_similarity_threshold = 0.4
AS $$
    (SELECT * FROM venues WHERE search_key LIKE pattern LIMIT most)
    UNION ALL
    (SELECT * FROM venues WHERE search_key %> asked AND search_key NOT LIKE pattern LIMIT most)
$$;

-- What was in the columns before stands in venues, event_texts and occurrences from now on. They are left for a release,
-- with the trigger below: the version of the code before still writes them while this one is deployed.
ALTER TABLE events
    ALTER COLUMN title DROP NOT NULL,
    ALTER COLUMN description DROP NOT NULL,
    ALTER COLUMN city DROP NOT NULL,
    ALTER COLUMN city_key DROP NOT NULL,
    ALTER COLUMN country DROP NOT NULL,
    ALTER COLUMN venue_name DROP NOT NULL,
    ALTER COLUMN address DROP NOT NULL,
    ALTER COLUMN latitude DROP NOT NULL,
    ALTER COLUMN longitude DROP NOT NULL,
    ALTER COLUMN starts_at DROP NOT NULL,
    ALTER COLUMN ends_at DROP NOT NULL,
    ADD COLUMN venue_id uuid REFERENCES venues,
    ADD COLUMN starts timestamp,  -- the first time, by the clocks of the zone
    ADD COLUMN ends timestamp,
    ADD COLUMN rule text NOT NULL DEFAULT '',  -- RRULE; empty where there is none
    ADD COLUMN excluded timestamp[] NOT NULL DEFAULT '{}',
    ADD COLUMN added timestamp[] NOT NULL DEFAULT '{}',
    ADD COLUMN price bigint CHECK (price >= 0),  -- in the currency's smallest unit; not said, or 0 for what is free
    ADD COLUMN currency text NOT NULL DEFAULT '' CHECK (currency ~ '^([A-Z]{3})?$'),
    ADD COLUMN link text NOT NULL DEFAULT '',
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN parent_id uuid REFERENCES events ON DELETE CASCADE,  -- the festival or course that this is a session of
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN expanded_at timestamptz;  -- when its occurrences were last made, a year ahead
DROP INDEX idx_events_organiser;
CREATE INDEX idx_events_organiser ON events (organiser_id, created_at DESC, id DESC);
CREATE INDEX idx_events_venue ON events (venue_id);
CREATE INDEX idx_events_parent ON events (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX idx_events_series ON events (id) WHERE rule <> '' OR added <> '{}';

CREATE TABLE event_texts (
    event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    position smallint NOT NULL,  -- 0 of the original, which the others say again
    language text NOT NULL,  -- BCP 47, such as es or pt-BR
    title text NOT NULL,
    description text NOT NULL,
    PRIMARY KEY (event_id, position),
    UNIQUE (event_id, language)
);

CREATE TABLE event_people (
    event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    position smallint NOT NULL,
    role text NOT NULL CHECK (role IN ('organiser', 'teacher', 'dj', 'orchestra')),
    user_id uuid REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,  -- of who has no profile here
    PRIMARY KEY (event_id, position),
    CHECK ((user_id IS NULL) = (name <> ''))
);
CREATE INDEX idx_event_people_user ON event_people (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE event_media (
    event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    position smallint NOT NULL,
    media_id uuid NOT NULL CONSTRAINT event_media_media_id_key UNIQUE,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    alt text NOT NULL,
    picture jsonb NOT NULL,  -- copied from the media row
    PRIMARY KEY (event_id, position)
);
CREATE INDEX idx_event_media_owner ON event_media (owner_id);

CREATE TABLE event_versions (
    event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    version integer NOT NULL,
    content jsonb NOT NULL,  -- what it said, but for its pictures
    written_by uuid REFERENCES users ON DELETE SET NULL,  -- who replaced it
    written_at timestamptz NOT NULL,
    PRIMARY KEY (event_id, version)
);
CREATE INDEX idx_event_versions_written_by ON event_versions (written_by) WHERE written_by IS NOT NULL;

-- By which somebody who leaves is found in what others' events were.
CREATE INDEX idx_event_versions_people ON event_versions USING gin ((content -> 'people') jsonb_path_ops);

-- One time that an event takes place. What is its own stands in `own_…`; everything else is copied here from the event
-- and the venue, so that what takes place where and when is found in one table.
CREATE TABLE occurrences (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    original timestamp NOT NULL,  -- when the series has it start, by the clocks of the zone: its RECURRENCE-ID
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    night date NOT NULL,  -- of the start, six hours earlier: after midnight it is still the evening before
    status text NOT NULL CHECK (status IN ('draft', 'published', 'cancelled', 'postponed')),
    kind text NOT NULL,
    venue_id uuid NOT NULL REFERENCES venues,
    city_key text NOT NULL,
    country text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    own_status text,
    own_starts timestamp,
    own_ends timestamp,
    own_venue_id uuid REFERENCES venues,
    changed_at timestamptz NOT NULL,
    UNIQUE (event_id, original),
    CHECK (ends_at > starts_at),
    CHECK ((own_starts IS NULL) = (own_ends IS NULL))
);
-- The version of the code before reads by them until it is replaced.
ALTER INDEX idx_events_city RENAME TO idx_events_city_before;
ALTER INDEX idx_events_start_time RENAME TO idx_events_start_time_before;
ALTER INDEX idx_events_city_time RENAME TO idx_events_city_time_before;
CREATE INDEX idx_events_city ON occurrences (city_key);
CREATE INDEX idx_events_start_time ON occurrences (starts_at, id);
CREATE INDEX idx_events_city_time ON occurrences (city_key, starts_at, id);
CREATE INDEX idx_occurrences_place ON occurrences USING gist (ll_to_earth(latitude, longitude));
CREATE INDEX idx_occurrences_venue ON occurrences (venue_id);
CREATE INDEX idx_occurrences_own_venue ON occurrences (own_venue_id) WHERE own_venue_id IS NOT NULL;

-- Makes of one event as it was before what it is now. Those that are there already follow in a file of their own, as until
-- the end of this one nobody can read them.
CREATE FUNCTION adopt_event(one events) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place uuid;
    first timestamp := one.starts_at AT TIME ZONE one.zone;
BEGIN
    SELECT id INTO place FROM venues
    WHERE name_key = lower(unaccent(one.venue_name)) AND city_key = one.city_key AND country = one.country
    AND (latitude, longitude, address, zone) = (one.latitude, one.longitude, one.address, one.zone) LIMIT 1;
    IF place IS NULL THEN
        INSERT INTO venues (
            id, name, name_key, address, city, city_key, country, latitude, longitude, zone, search_key, created_by,
            created_at
        ) VALUES (
            gen_random_uuid(), one.venue_name, lower(unaccent(one.venue_name)), one.address, one.city, one.city_key,
            one.country, one.latitude, one.longitude, one.zone,
            lower(unaccent(' ' || one.venue_name || ' ' || one.address)), one.organiser_id, one.created_at
        ) RETURNING id INTO place;
    END IF;
    INSERT INTO event_texts VALUES (one.id, 0, '', one.title, one.description);
    INSERT INTO occurrences (
        id, event_id, original, starts_at, ends_at, night, status, kind, venue_id, city_key, country, latitude,
        longitude, changed_at
    ) VALUES (
        gen_random_uuid(), one.id, first, one.starts_at, one.ends_at, (first - interval '6 hours')::date, one.status,
        one.kind, place, one.city_key, one.country, one.latitude, one.longitude, one.created_at
    );
    UPDATE events SET venue_id = place, starts = first, ends = one.ends_at AT TIME ZONE one.zone,
        changed_at = one.created_at
    WHERE id = one.id;
END
$$;
CREATE FUNCTION adopt_new_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM adopt_event(NEW);
    RETURN NULL;
END
$$;
CREATE TRIGGER events_as_before AFTER INSERT ON events
    FOR EACH ROW WHEN (NEW.starts_at IS NOT NULL) EXECUTE FUNCTION adopt_new_event();
