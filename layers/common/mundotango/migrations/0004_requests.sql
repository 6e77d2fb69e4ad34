-- A request that was repeated under one Idempotency-Key is known by this row, committed with what it did.
CREATE TABLE request_keys (
    user_id uuid NOT NULL,
    key_hash bytea NOT NULL,
    body_hash bytea NOT NULL,
    location text,  -- where what it made is read
    created_at timestamptz NOT NULL,
    CONSTRAINT request_keys_key PRIMARY KEY (user_id, key_hash)
);
CREATE INDEX idx_request_keys_created ON request_keys (created_at);
