-- What is found by its words: of each event one document, of its titles, of the names of its venue, its city, its people
-- and tags, and of its descriptions, and the words that occur in any, by which those that are spelt wrong are set right.
CREATE FUNCTION plain_words(said text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT trim(regexp_replace(lower(unaccent(said)), '[^[:alnum:]]+', ' ', 'g'))
$$;
-- By their stems in both languages, for nobody says in which a title is, and in many events it is both.
CREATE FUNCTION stems_of(plain text) RETURNS tsvector LANGUAGE sql STABLE AS $$
    SELECT to_tsvector('spanish', plain) || to_tsvector('english', plain)
$$;

CREATE TABLE event_documents (
    event_id uuid PRIMARY KEY REFERENCES events ON DELETE CASCADE,
    words tsvector NOT NULL,
    over boolean NOT NULL DEFAULT false,  -- no time of it is to come; found out by a job, so late, and never too early
    written_at timestamptz NOT NULL DEFAULT now()
);
-- What is over outgrows what is to come from year to year, and is seldom looked for.
CREATE INDEX idx_event_documents_words ON event_documents USING gin (words) WITH (fastupdate = off) WHERE NOT over;
CREATE INDEX idx_event_documents_past ON event_documents USING gin (words) WITH (fastupdate = off) WHERE over;

-- Those that somebody announced who is suspended or leaves. Few, so that a list leaves them out by knowing them all, and
-- asks for no row who announced it. In a table of their own: as a column of documents, which are in wide indexes, the
-- suspension of somebody who announced thousands took longer than a statement may.
CREATE TABLE hidden_events (
    event_id uuid PRIMARY KEY REFERENCES events ON DELETE CASCADE
);
INSERT INTO hidden_events SELECT events.id FROM events JOIN users ON users.id = organiser_id
WHERE suspended_at IS NOT NULL OR leaves_at IS NOT NULL;

-- Documents that the job has yet to write, of people in more events than a request can wait for.
CREATE TABLE event_documents_due (
    event_id uuid PRIMARY KEY REFERENCES events ON DELETE CASCADE
);

CREATE TABLE event_words (
    word text PRIMARY KEY,
    seen_on date NOT NULL DEFAULT current_date  -- documents are written anew each week; a word that none has is forgotten
);
CREATE INDEX idx_event_words_like ON event_words USING gin (word gin_trgm_ops);

CREATE FUNCTION said_by_events(which uuid[])
RETURNS TABLE (id uuid, titles text, names text, kind text, description text)
LANGUAGE sql STABLE AS $$
    SELECT events.id,
        plain_words((SELECT string_agg(title, ' ') FROM event_texts WHERE event_id = events.id)) AS titles,
        plain_words(concat_ws(
            ' ', venues.name, venues.city, array_to_string(events.tags, ' '),
            (
                SELECT string_agg(
                    CASE WHEN person.visibility = 'public' AND person.suspended_at IS NULL
                        AND person.leaves_at IS NULL THEN concat_ws(' ', person.display_name, person.handle)
                        ELSE part.name END, ' '
                )
                FROM event_people AS part LEFT JOIN users AS person ON person.id = part.user_id
                WHERE part.event_id = events.id
            )
        )) AS names,
        CASE events.kind WHEN 'class' THEN 'class clase' WHEN 'concert' THEN 'concert concierto'
            WHEN 'course' THEN 'course curso' WHEN 'marathon' THEN 'marathon maraton'
            WHEN 'workshop' THEN 'workshop taller' ELSE events.kind END AS kind,
        plain_words((
            SELECT string_agg(left(description, 2000), ' ') FROM event_texts WHERE event_id = events.id
        )) AS description
    FROM events JOIN venues ON venues.id = events.venue_id
    WHERE events.id = ANY(which)
$$;
CREATE FUNCTION words_in(said text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT word FROM (SELECT DISTINCT regexp_split_to_table(said, ' ') AS word) AS each
    WHERE length(word) BETWEEN 3 AND 40
$$;

-- The documents are locked before what they say is read: of two that change it, the later writes what both did. Whoever
-- calls this has locked all else that it needs, so that nobody waits in a circle.
CREATE FUNCTION write_event_documents(which uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM event_documents WHERE event_id = ANY(which) ORDER BY event_id FOR UPDATE;
    WITH said AS MATERIALIZED (
        SELECT * FROM said_by_events(which)
    ), fresh AS (
        INSERT INTO event_words (word)
        SELECT DISTINCT used.word FROM said, words_in(concat_ws(' ', titles, names, kind, description)) AS used (word)
        WHERE NOT EXISTS (SELECT FROM event_words WHERE event_words.word = used.word AND seen_on = current_date)
        ORDER BY used.word
        ON CONFLICT (word) DO UPDATE SET seen_on = excluded.seen_on
    )
    INSERT INTO event_documents (event_id, words)
    SELECT id, setweight(stems_of(coalesce(titles, '')), 'A') || setweight(stems_of(names), 'B')
        || setweight(stems_of(kind), 'C') || setweight(stems_of(coalesce(description, '')), 'D')
    FROM said ORDER BY id
    ON CONFLICT (event_id) DO UPDATE SET words = excluded.words, over = false, written_at = excluded.written_at;
END
$$;

-- Of events of somebody who is erased, and of `names`: the words that occur in nobody else's.
CREATE FUNCTION forget_event_words(organiser uuid, which uuid[], names text) RETURNS void LANGUAGE sql AS $$
    DELETE FROM event_words WHERE word IN (
        SELECT word FROM event_words
        WHERE word IN (
            SELECT words_in(concat_ws(' ', said.titles, said.names, said.description)) FROM said_by_events(which) AS said
            UNION ALL SELECT words_in(plain_words(forget_event_words.names))
        ) AND NOT EXISTS (
            SELECT FROM event_documents JOIN events ON events.id = event_id
            WHERE organiser_id <> organiser AND NOT over AND event_documents.words @@ (
                SELECT string_agg(quote_literal(stem), ' | ')
                FROM unnest(tsvector_to_array(stems_of(word))) AS stem
            )::tsquery
        )
        ORDER BY word FOR UPDATE  -- in the order in which they are written
    )
$$;

-- Whom nobody may see is not found by their name either. A document takes a millisecond: those of the newest events are
-- written at once, the rest by the job. Of an event that is being deleted KEY SHARE waits for the end, and finds none.
CREATE FUNCTION person_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.suspended_at IS NOT NULL OR NEW.leaves_at IS NOT NULL THEN
        INSERT INTO hidden_events SELECT id FROM events WHERE organiser_id = NEW.id ORDER BY id FOR KEY SHARE
        ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM hidden_events WHERE event_id IN (SELECT id FROM events WHERE organiser_id = NEW.id);
    END IF;
    INSERT INTO event_documents_due
    SELECT id FROM events WHERE id IN (SELECT event_id FROM event_people WHERE user_id = NEW.id)
    ORDER BY id DESC OFFSET 500 FOR KEY SHARE
    ON CONFLICT DO NOTHING;
    PERFORM write_event_documents(ARRAY(
        SELECT DISTINCT event_id FROM event_people WHERE user_id = NEW.id ORDER BY event_id DESC LIMIT 500
    ));
    RETURN NULL;
END
$$;
CREATE TRIGGER users_told AFTER UPDATE OF display_name, handle, visibility, suspended_at, leaves_at ON users
    FOR EACH ROW WHEN (
        (OLD.display_name, OLD.handle, OLD.visibility, OLD.suspended_at, OLD.leaves_at)
        IS DISTINCT FROM (NEW.display_name, NEW.handle, NEW.visibility, NEW.suspended_at, NEW.leaves_at)
    ) EXECUTE FUNCTION person_renamed();

-- What is handed over is another's to answer for. Whoever announces holds themselves first, so that they are not suspended
-- meanwhile.
CREATE FUNCTION event_announced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM users WHERE id = NEW.organiser_id AND (suspended_at IS NOT NULL OR leaves_at IS NOT NULL)
    ) THEN
        INSERT INTO hidden_events VALUES (NEW.id) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM hidden_events WHERE event_id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER events_announced AFTER INSERT OR UPDATE OF organiser_id ON events
    FOR EACH ROW EXECUTE FUNCTION event_announced();

-- What is asked for: each word by its stems, and one that occurs nowhere by those that are spelt most like it: the same but
-- for two neighbours that changed places, whose trigrams differ most, and those with the most trigrams in common. Words that
-- a sentence of either language is full of count only where there are no others. The threshold is the function's own:
-- set by a statement it would pin a proxy's connection.
CREATE FUNCTION words_asked(asked text) RETURNS tsquery LANGUAGE plpgsql STABLE
SET pg_trgm.similarity_threshold = 0.35
AS $$
DECLARE
    one text;
    spelt text[];
    swapped text[];
    stems text[];
    meant tsquery;
    found tsquery;
    idle tsquery;
BEGIN
    FOREACH one IN ARRAY regexp_split_to_array(plain_words(asked), ' ') LOOP
        spelt := ARRAY[one];
        IF length(one) > 2 AND NOT EXISTS (SELECT FROM event_words WHERE word = one) THEN
            swapped := ARRAY(
                SELECT overlay(one PLACING reverse(substr(one, place, 2)) FROM place FOR 2)
                FROM generate_series(1, length(one) - 1) AS place
            );
            spelt := spelt || ARRAY(
                SELECT word FROM event_words WHERE word % one OR word = ANY(swapped)
                ORDER BY word = ANY(swapped) DESC, similarity(word, one) DESC, word LIMIT 3
            );
        END IF;
        stems := ARRAY(
            SELECT DISTINCT unnest(tsvector_to_array(stems_of(word))) FROM unnest(spelt) AS word
        );
        meant := (SELECT string_agg(quote_literal(stem), ' | ') FROM unnest(stems) AS stem)::tsquery;
        IF '{}' IN (ts_lexize('spanish_stem', one), ts_lexize('english_stem', one)) THEN
            idle := coalesce(idle && meant, idle, meant);
        ELSE
            found := coalesce(found && meant, found, meant);
        END IF;
    END LOOP;
    RETURN coalesce(found, idle, ''::tsquery);
END
$$;

-- Where is by the venue, of which there are few, and when by what takes place there. The end is in each index, so that of
-- what began within a month the rows are not read to see that it is over.
CREATE INDEX idx_venues_place ON venues USING gist (ll_to_earth(latitude, longitude));
CREATE INDEX idx_venues_box ON venues USING gist (point(longitude, latitude));
DROP INDEX idx_events_start_time;
DROP INDEX idx_events_city_time;
DROP INDEX idx_occurrences_venue;
DROP INDEX idx_occurrences_place;
CREATE INDEX idx_events_start_time ON occurrences (starts_at, id, ends_at);
CREATE INDEX idx_events_city_time ON occurrences (city_key, starts_at, id, ends_at);
CREATE INDEX idx_occurrences_venue_time ON occurrences (venue_id, starts_at, id, ends_at);
CREATE INDEX idx_occurrences_country_time ON occurrences (country, starts_at, id, ends_at);
CREATE INDEX idx_occurrences_kind_time ON occurrences (kind, starts_at, id, ends_at);
CREATE INDEX idx_events_price ON events (currency, price) WHERE price IS NOT NULL;

-- On the sphere of earthdistance, whose own ll_to_earth the server calls for each row, at thirty times the cost: this one it
-- takes apart to its body, for which each parameter must be a column or a constant.
CREATE FUNCTION metres_apart(
    from_latitude float8, from_longitude float8, to_latitude float8, to_longitude float8
) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 2 * 6378168 * asin(least(1, sqrt(
        sin(radians(to_latitude - from_latitude) / 2) ^ 2
        + cos(radians(from_latitude)) * cos(radians(to_latitude)) * sin(radians(to_longitude - from_longitude) / 2) ^ 2
    )))
$$;

-- Whether one more of a role would be admitted: mundotango/registrations/places.py in a form that a list can ask of each
-- row, and that a test holds to it. How far a headcount is from balance is NULL where there is no place for all.
CREATE FUNCTION imbalance(
    most_leaders integer, most_followers integer, leaders integer, followers integer, both_roles integer
) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN least_lead <= most_lead THEN abs(
        2 * (leaders + least(greatest(floor((followers + both_roles - leaders) / 2.0)::integer, least_lead), most_lead))
        - leaders - followers - both_roles
    ) END
    FROM (
        SELECT greatest(0, followers + both_roles - most_followers) AS least_lead,
            least(both_roles, most_leaders - leaders) AS most_lead
    ) AS led
$$;
CREATE FUNCTION admits(
    settings registration_settings, leads integer, follows integer, leaders integer, followers integer,
    both_roles integer
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(leaders + followers + both_roles + leads + follows <= settings.capacity, true)
        AND coalesce(
            after <= greatest(settings.tolerance, before) OR settings.tolerance IS NULL AND after IS NOT NULL, false
        )
    FROM (
        SELECT imbalance(settings.leaders, settings.followers, leaders, followers, both_roles) AS before,
            imbalance(settings.leaders, settings.followers, leaders + leads, followers + follows, both_roles) AS after
    ) AS balance
$$;
