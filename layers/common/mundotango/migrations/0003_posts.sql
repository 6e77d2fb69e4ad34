-- Posts as people know them: who may see them, what they mention, how they were before, and what is said below them.
ALTER TABLE posts
    ADD COLUMN visibility text NOT NULL DEFAULT 'public' CHECK (visibility IN ('public', 'followers', 'mentioned')),
    ADD COLUMN city_key text NOT NULL DEFAULT '',
    ADD COLUMN language text NOT NULL DEFAULT '',  -- BCP 47, such as es or pt-BR
    ADD COLUMN event_id uuid REFERENCES events ON DELETE SET NULL,
    ADD COLUMN repost_of uuid REFERENCES posts ON DELETE CASCADE,
    ADD COLUMN entities jsonb NOT NULL DEFAULT '[]',  -- mentions, hashtags and links, by their place in the body
    ADD COLUMN edited_at timestamptz,
    ADD COLUMN pinned_at timestamptz,
    ADD COLUMN hidden_at timestamptz;  -- by a moderator
UPDATE posts SET city_key = lower(unaccent(city));
CREATE UNIQUE INDEX posts_repost_key ON posts (repost_of, user_id) WHERE repost_of IS NOT NULL;
CREATE INDEX idx_posts_city_created ON posts (city_key, created_at DESC, id DESC);
CREATE INDEX idx_posts_event ON posts (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX idx_posts_pinned ON posts (user_id, pinned_at DESC) WHERE pinned_at IS NOT NULL;

CREATE TABLE post_versions (
    post_id uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    version integer NOT NULL,
    body text NOT NULL,
    city text NOT NULL,
    language text NOT NULL,
    entities jsonb NOT NULL,
    alts jsonb NOT NULL,  -- what its pictures show in words, by their ids
    written_at timestamptz NOT NULL,
    PRIMARY KEY (post_id, version)
);

CREATE TABLE post_tags (
    tag text NOT NULL,  -- without #, accents and capitals
    created_at timestamptz NOT NULL,  -- the post's own
    post_id uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    PRIMARY KEY (post_id, tag)
);
CREATE INDEX idx_post_tags_tag ON post_tags (tag, created_at DESC, post_id DESC);

CREATE TABLE post_mentions (
    post_id uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (post_id, user_id)
);
CREATE INDEX idx_post_mentions_user ON post_mentions (user_id, post_id DESC);

CREATE TABLE drafts (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    content jsonb NOT NULL,  -- as it was sent; checked when it is published
    updated_at timestamptz NOT NULL
);
CREATE INDEX idx_drafts_user ON drafts (user_id, updated_at DESC, id DESC);

CREATE TABLE saved_posts (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    post_id uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, post_id)
);
CREATE INDEX idx_saved_posts_user ON saved_posts (user_id, created_at DESC, post_id DESC);
CREATE INDEX idx_saved_posts_post ON saved_posts (post_id);

-- Two levels: a comment, and replies to it. Of one that was deleted and has replies, an empty row stays in its place.
CREATE TABLE comments (
    id uuid PRIMARY KEY,
    post_id uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    parent_id uuid REFERENCES comments ON DELETE CASCADE,
    user_id uuid REFERENCES users ON DELETE SET NULL,
    body text NOT NULL CHECK (length(body) <= 2000),
    entities jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL,
    edited_at timestamptz,
    deleted_at timestamptz,
    hidden_at timestamptz,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX idx_comments_post ON comments (post_id, created_at, id) WHERE parent_id IS NULL;
CREATE INDEX idx_comments_parent ON comments (parent_id, created_at, id) WHERE parent_id IS NOT NULL;
CREATE INDEX idx_comments_user ON comments (user_id, created_at DESC, id DESC);
