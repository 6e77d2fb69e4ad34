-- What adopt_event makes of one event, of all that are there: at once, for one by one it took 4 ms each. They are read
-- meanwhile, and not written.
LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE;

CREATE TEMPORARY TABLE places ON COMMIT DROP AS
SELECT gen_random_uuid() AS id, array_agg(event_id) AS event_ids, name, address, city, country, latitude, longitude, zone,
    created_by, created_at
FROM (
    SELECT id AS event_id, lower(unaccent(venue_name)) AS name_key, address, city_key, country, latitude, longitude, zone,
        first_value(venue_name) OVER same AS name, first_value(city) OVER same AS city,
        first_value(organiser_id) OVER same AS created_by, first_value(created_at) OVER same AS created_at
    FROM events WHERE venue_id IS NULL
    WINDOW same AS (
        PARTITION BY lower(unaccent(venue_name)), city_key, country, latitude, longitude, address, zone
        ORDER BY created_at, id
    )
) AS named
GROUP BY name_key, city_key, country, latitude, longitude, address, zone, name, city, created_by, created_at;

INSERT INTO venues (
    id, name, name_key, address, city, city_key, country, latitude, longitude, zone, search_key, created_by, created_at
)
SELECT id, name, lower(unaccent(name)), address, city,
    (SELECT city_key FROM events WHERE events.id = event_ids[1]), country, latitude, longitude, zone,
    lower(unaccent(' ' || name || ' ' || address)), created_by, created_at
FROM places;

UPDATE events SET venue_id = places.id, starts = starts_at AT TIME ZONE events.zone,
    ends = ends_at AT TIME ZONE events.zone, changed_at = events.created_at
FROM places, unnest(event_ids) AS event_id WHERE events.id = event_id;

INSERT INTO event_texts
SELECT id, 0, '', title, description FROM events
WHERE NOT EXISTS (SELECT FROM event_texts WHERE event_id = events.id);

INSERT INTO occurrences (
    id, event_id, original, starts_at, ends_at, night, status, kind, venue_id, city_key, country, latitude, longitude,
    changed_at
)
SELECT gen_random_uuid(), id, starts, starts_at, ends_at, (starts - interval '6 hours')::date, status, kind, venue_id,
    city_key, country, latitude, longitude, changed_at
FROM events WHERE NOT EXISTS (SELECT FROM occurrences WHERE event_id = events.id);
