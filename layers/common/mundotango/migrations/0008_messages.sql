-- What people write to each other: conversations of two, of which each pair has one, and groups.
CREATE TABLE conversations (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('direct', 'group')),
    title text NOT NULL DEFAULT '',
    -- The two of a direct one, the smaller id first.
    one_id uuid REFERENCES users ON DELETE SET NULL,
    other_id uuid REFERENCES users ON DELETE SET NULL,
    created_at timestamptz NOT NULL,
    latest_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',  -- of its messages
    ended_at timestamptz  -- nobody takes part any more; what was said is yet to be deleted
);
CREATE UNIQUE INDEX conversations_pair_key ON conversations (one_id, other_id);
CREATE INDEX idx_conversations_other ON conversations (other_id) WHERE other_id IS NOT NULL;
CREATE INDEX idx_conversations_ended ON conversations (ended_at) WHERE ended_at IS NOT NULL;

-- Ids of messages sort as they were said, and all zeros stand before the first.
CREATE TABLE conversation_members (
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN ('active', 'requested', 'declined', 'left')),
    joined_at timestamptz NOT NULL,
    joined_after uuid NOT NULL,  -- the last message that was said before, which they do not see
    read_up_to uuid NOT NULL,  -- never before joined_after
    latest_id uuid NOT NULL,  -- of the conversation's messages; here, so that an index has what may be unread
    active_at timestamptz,  -- of the last message for them; null in a direct one in which nothing was said to them yet
    PRIMARY KEY (conversation_id, user_id)
);
CREATE INDEX idx_conversation_members_user ON conversation_members (user_id, state, active_at DESC, conversation_id DESC)
    WHERE active_at IS NOT NULL;
CREATE INDEX idx_conversation_members_unread ON conversation_members (user_id)
    WHERE state = 'active' AND latest_id > read_up_to;

-- Of one that was deleted an empty row stays in its place; of somebody who is gone, without their id.
CREATE TABLE messages (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    user_id uuid REFERENCES users ON DELETE SET NULL,
    text text NOT NULL CHECK (length(text) <= 4000),
    created_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE INDEX idx_messages_conversation ON messages (conversation_id, id DESC);
CREATE INDEX idx_messages_user ON messages (user_id, id) WHERE user_id IS NOT NULL;

CREATE TABLE message_media (
    message_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    position smallint NOT NULL,
    media_id uuid NOT NULL CONSTRAINT message_media_media_id_key UNIQUE,
    alt text NOT NULL,
    picture jsonb NOT NULL,  -- copied from the media row
    PRIMARY KEY (message_id, position)
);

ALTER TABLE reports DROP CONSTRAINT reports_target_kind_check,
    ADD CONSTRAINT reports_target_kind_check CHECK (target_kind IN ('user', 'post', 'comment', 'message'));
