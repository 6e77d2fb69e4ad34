-- What moderators see and do, and what people ask of their own data.
CREATE TABLE reports (
    id uuid PRIMARY KEY,
    reporter_id uuid REFERENCES users ON DELETE SET NULL,
    target_kind text NOT NULL CHECK (target_kind IN ('user', 'post', 'comment')),
    target_id uuid NOT NULL,
    reason text NOT NULL,
    note text NOT NULL,
    created_at timestamptz NOT NULL,
    resolved_at timestamptz,
    resolution text
);
CREATE INDEX idx_reports_open ON reports (created_at, id) WHERE resolved_at IS NULL;
CREATE UNIQUE INDEX reports_once_key ON reports (reporter_id, target_kind, target_id) WHERE resolved_at IS NULL;
CREATE INDEX idx_reports_target ON reports (target_kind, target_id);

CREATE TABLE audit (
    id uuid PRIMARY KEY,
    moderator_id uuid NOT NULL,
    action text NOT NULL,
    target_kind text NOT NULL,
    target_id uuid NOT NULL,
    report_id uuid REFERENCES reports ON DELETE SET NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX idx_audit_at ON audit (at DESC, id DESC);
CREATE INDEX idx_audit_target ON audit (target_kind, target_id);
CREATE INDEX idx_audit_report ON audit (report_id) WHERE report_id IS NOT NULL;
-- Nobody who serves requests can change what was written down of a moderator's acts.
REVOKE UPDATE ON audit FROM mundo_app;

CREATE TABLE exports (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,  -- who has no profile may have uploaded something, and has a right to it too
    state text NOT NULL CHECK (state IN ('waiting', 'ready', 'failed', 'expired')),
    object_key text,
    token_hash text CONSTRAINT exports_token_key UNIQUE,  -- of the link; the token itself is kept nowhere
    requested_at timestamptz NOT NULL,
    ready_at timestamptz,
    expires_at timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    leased_until timestamptz  -- until then somebody is at work on it
);
CREATE INDEX idx_exports_user ON exports (user_id, requested_at DESC);
CREATE INDEX idx_exports_waiting ON exports (requested_at) WHERE state = 'waiting';
CREATE UNIQUE INDEX exports_waiting_key ON exports (user_id) WHERE state = 'waiting';

-- Who leaves without a profile, in whose row it would stand.
CREATE TABLE departures (
    user_id uuid PRIMARY KEY,
    leaves_at timestamptz NOT NULL
);
CREATE INDEX idx_departures_leaving ON departures (leaves_at);

-- By these somebody who leaves is found in what they organised, in what they reported and in what others wrote of them.
CREATE INDEX idx_events_organiser ON events (organiser_id);
CREATE INDEX idx_reports_reporter ON reports (reporter_id);
CREATE INDEX idx_posts_entities ON posts USING gin (entities jsonb_path_ops) WHERE entities <> '[]';
CREATE INDEX idx_post_versions_entities ON post_versions USING gin (entities jsonb_path_ops) WHERE entities <> '[]';
CREATE INDEX idx_comments_entities ON comments USING gin (entities jsonb_path_ops) WHERE entities <> '[]';
