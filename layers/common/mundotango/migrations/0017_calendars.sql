-- The address under which somebody's calendar reads when they dance. Each person has one at most; of its token there is
-- only the hash.
CREATE TABLE calendar_feeds (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    token_hash text NOT NULL CONSTRAINT calendar_feeds_token_key UNIQUE,
    created_at timestamptz NOT NULL
);
