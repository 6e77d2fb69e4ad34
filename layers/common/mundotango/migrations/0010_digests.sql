-- What was put into a mail, so that it is in no other, and the link in it by which its reader ends them.
CREATE TABLE digests_sent (
    id uuid PRIMARY KEY,  -- the mail's
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    period text NOT NULL,  -- the day where they are, or the moment at which an operator asked for it
    at timestamptz NOT NULL,
    up_to text NOT NULL,  -- the position in their inbox of the newest that was in it
    token_hash text NOT NULL CONSTRAINT digests_sent_token_key UNIQUE,  -- of the link; the token itself is kept nowhere
    CONSTRAINT digests_sent_once_key UNIQUE (user_id, period)
);
CREATE INDEX idx_digests_sent_at ON digests_sent (at);

-- The last of their days on which somebody's inbox was looked at: a run goes on where the one before ended.
CREATE TABLE digest_days (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    day date NOT NULL
);
