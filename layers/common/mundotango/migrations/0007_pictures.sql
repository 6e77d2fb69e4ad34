-- What else is known of a post's picture. A table of its own: the version of the code before reads every column of
-- post_media and knows what to do with those it had.
CREATE TABLE post_media_details (
    media_id uuid PRIMARY KEY REFERENCES post_media (media_id) ON DELETE CASCADE,
    color text,
    animated boolean NOT NULL,
    attribution text
);
