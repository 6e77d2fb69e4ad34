-- What somebody does not want to be told, and in which way: a row for each; what has none is told.
CREATE TABLE notifications_off (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL,
    way text NOT NULL,
    PRIMARY KEY (user_id, kind, way)
);

-- How somebody is written to: who has no row gets a digest a week, in a language of their profile.
CREATE TABLE notification_settings (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    digest text NOT NULL CHECK (digest IN ('never', 'daily', 'weekly')),
    language text NOT NULL,
    zone text NOT NULL,  -- IANA, such as America/Argentina/Buenos_Aires
    updated_at timestamptz NOT NULL
);
