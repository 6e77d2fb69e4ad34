-- Pictures that are being deleted, so that nothing begins to show one meanwhile: kept for a day.
CREATE TABLE removed_media (
    media_id uuid PRIMARY KEY,
    removed_at timestamptz NOT NULL
);
CREATE INDEX idx_removed_media_at ON removed_media (removed_at);
