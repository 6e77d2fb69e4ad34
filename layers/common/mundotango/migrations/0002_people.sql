-- What a profile says of a dancer, and how people stand to each other.
ALTER TABLE users
    ADD COLUMN city_key text NOT NULL DEFAULT '',  -- the city without accents and capitals, by which it is found
    ADD COLUMN country text NOT NULL DEFAULT '' CHECK (country ~ '^([A-Z]{2})?$'),
    ADD COLUMN latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    ADD COLUMN longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    ADD COLUMN languages text[] NOT NULL DEFAULT '{}',
    ADD COLUMN dance_role text NOT NULL DEFAULT '' CHECK (dance_role IN ('', 'leader', 'follower', 'both')),
    ADD COLUMN dancing_since smallint,  -- a year: "years dancing" would be wrong a year later
    ADD COLUMN occupations text[] NOT NULL DEFAULT '{}',
    ADD COLUMN links text[] NOT NULL DEFAULT '{}',
    ADD COLUMN avatar jsonb,  -- copied from the media row, as clients see it
    ADD COLUMN cover jsonb,
    ADD COLUMN visibility text NOT NULL DEFAULT 'public' CHECK (visibility IN ('public', 'members')),
    ADD COLUMN private boolean NOT NULL DEFAULT false,  -- whether this person approves who follows them
    -- handle, name and city without accents and capitals; a space in front, so that each word has one before it
    ADD COLUMN search_key text NOT NULL DEFAULT '',
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN suspended_at timestamptz,
    ADD COLUMN leaves_at timestamptz,  -- when nothing will be left of this account; they may still change their mind
    ADD CONSTRAINT users_coordinates_check CHECK ((latitude IS NULL) = (longitude IS NULL));
UPDATE users SET city_key = lower(unaccent(city)),
    search_key = lower(unaccent(' ' || handle || ' ' || display_name || ' ' || city));
DROP INDEX idx_users_city;
CREATE INDEX idx_users_city ON users (city_key, created_at DESC, id DESC);
CREATE INDEX idx_users_search ON users USING gin (search_key gin_trgm_ops);
CREATE INDEX idx_users_leaving ON users (leaves_at) WHERE leaves_at IS NOT NULL;

-- Whom a search may mean: who has this handle, `most` who contain what was asked, and as many spelt nearly so. The
-- threshold is the function's own: set by a statement it would pin a proxy's connection, and the usual 0.6 forgives
-- hardly a letter. Whole rows, so that nothing has to be joined to them again.
CREATE FUNCTION people_like(asked text, pattern text, most integer) RETURNS SETOF users
LANGUAGE sql STABLE ROWS 500
SET pg_trgm.word_similarity_threshold = 0.4
AS $$
    SELECT * FROM users WHERE handle = asked::citext
    UNION ALL (
        SELECT * FROM users WHERE search_key LIKE pattern AND handle <> asked::citext LIMIT most
    )
    UNION ALL (
        SELECT * FROM users WHERE search_key %> asked AND search_key NOT LIKE pattern AND handle <> asked::citext
        LIMIT most
    )
$$;

-- A handle that somebody gave up stays theirs for a while, so that nobody takes over the links to them.
CREATE TABLE former_handles (
    handle citext PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    free_at timestamptz NOT NULL
);
CREATE INDEX idx_former_handles_user ON former_handles (user_id, free_at);
CREATE INDEX idx_former_handles_free ON former_handles (free_at);

-- The one with the time serves what this one did.
DROP INDEX idx_follows_followee;
CREATE INDEX idx_follows_follower_created ON follows (follower_id, created_at DESC, followee_id DESC);
CREATE INDEX idx_follows_followee_created ON follows (followee_id, created_at DESC, follower_id DESC);

CREATE TABLE follow_requests (
    follower_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    followee_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (follower_id, followee_id),
    CHECK (follower_id <> followee_id)
);
CREATE INDEX idx_follow_requests_followee ON follow_requests (followee_id, created_at DESC, follower_id DESC);

CREATE TABLE blocks (
    blocker_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    blocked_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id),
    CHECK (blocker_id <> blocked_id)
);
CREATE INDEX idx_blocks_blocker_created ON blocks (blocker_id, created_at DESC, blocked_id DESC);
CREATE INDEX idx_blocks_blocked ON blocks (blocked_id, blocker_id);

CREATE TABLE mutes (
    muter_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    muted_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (muter_id, muted_id),
    CHECK (muter_id <> muted_id)
);
CREATE INDEX idx_mutes_muter_created ON mutes (muter_id, created_at DESC, muted_id DESC);
CREATE INDEX idx_mutes_muted ON mutes (muted_id);
