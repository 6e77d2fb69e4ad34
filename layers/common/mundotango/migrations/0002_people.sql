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
    ADD COLUMN search_key text NOT NULL DEFAULT '',  -- handle, name and city without accents and capitals
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN suspended_at timestamptz,
    ADD COLUMN leaves_at timestamptz,  -- when nothing will be left of this account; they may still change their mind
    ADD CONSTRAINT users_coordinates_check CHECK ((latitude IS NULL) = (longitude IS NULL));
UPDATE users SET city_key = lower(unaccent(city)),
    search_key = lower(unaccent(handle || ' ' || display_name || ' ' || city));
DROP INDEX idx_users_city;
CREATE INDEX idx_users_city ON users (city_key, id);
CREATE INDEX idx_users_search ON users USING gin (search_key gin_trgm_ops);
CREATE INDEX idx_users_leaving ON users (leaves_at) WHERE leaves_at IS NOT NULL;

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
CREATE INDEX idx_blocks_blocked ON blocks (blocked_id, blocker_id);

CREATE TABLE mutes (
    muter_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    muted_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (muter_id, muted_id),
    CHECK (muter_id <> muted_id)
);
CREATE INDEX idx_mutes_muted ON mutes (muted_id);
