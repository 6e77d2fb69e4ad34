-- Run by the role mundo_migrate, which owns what it makes. mundo_app reads and writes rows and nothing else.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO mundo_app;

CREATE TABLE users (
    id uuid PRIMARY KEY,  -- the subject of the sign-in
    handle citext NOT NULL CONSTRAINT users_handle_key UNIQUE CHECK (handle ~ '^[a-z0-9_]{3,30}$'),
    display_name text NOT NULL,
    bio text NOT NULL,
    city text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX idx_users_city ON users (city);

CREATE TABLE follows (
    follower_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    followee_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (follower_id, followee_id),
    CHECK (follower_id <> followee_id)
);
CREATE INDEX idx_follows_followee ON follows (followee_id, follower_id);

CREATE TABLE posts (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    body text NOT NULL CHECK (length(body) <= 5000),
    city text NOT NULL,
    created_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE INDEX idx_posts_user_id ON posts (user_id);
CREATE INDEX idx_posts_created_at ON posts (created_at DESC, id DESC);
CREATE INDEX idx_posts_user_created ON posts (user_id, created_at DESC, id DESC);

CREATE TABLE post_media (
    post_id uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    position smallint NOT NULL,
    media_id uuid NOT NULL CONSTRAINT post_media_media_id_key UNIQUE,
    alt text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    blurhash text NOT NULL,
    variants jsonb NOT NULL,
    PRIMARY KEY (post_id, position)
);

CREATE TABLE events (
    id uuid PRIMARY KEY,
    title text NOT NULL,
    description text NOT NULL,
    kind text NOT NULL,
    city text NOT NULL,
    city_key text NOT NULL,  -- the city without accents and capitals, by which it is found
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    venue_name text NOT NULL,
    address text NOT NULL,
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    zone text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    organiser_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK (ends_at > starts_at)
);
CREATE INDEX idx_events_city ON events (city_key);
CREATE INDEX idx_events_start_time ON events (starts_at, id);
CREATE INDEX idx_events_city_time ON events (city_key, starts_at, id);

CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind text NOT NULL,
    channel text,
    actor_id uuid,
    payload jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    v integer NOT NULL,
    relayed_at timestamptz
);
CREATE INDEX idx_outbox_waiting ON outbox (seq) WHERE relayed_at IS NULL;
CREATE INDEX idx_outbox_relayed ON outbox (relayed_at) WHERE relayed_at IS NOT NULL;

CREATE TABLE signing_keys (
    key_id uuid PRIMARY KEY,
    purpose text NOT NULL,
    secret bytea NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz
);
-- Functions read the keys they sign with. The origin's secret is the edge's: they know only its hash.
REVOKE INSERT, UPDATE, DELETE ON signing_keys FROM mundo_app;
ALTER TABLE signing_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY signing_keys_of_functions ON signing_keys FOR SELECT TO mundo_app USING (purpose <> 'origin');
