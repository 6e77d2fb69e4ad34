"""What of a person is in PostgreSQL because of events: those they announce, come to and are told of."""

from mundotango.privacy.model import Store
from mundotango.privacy.stores import repository as tables
from mundotango.privacy.stores.rows import erase_broadcasts, erase_events, erase_registrations, rows_of, without_rows_of

STORES = (
    Store(
        name="Events",
        system="PostgreSQL",
        holds=(
            "events.organiser_id",
            "event_texts.event_id",
            "event_people.user_id",
            "event_media.media_id",
            "event_media.owner_id",
            "event_media.picture",
            "event_versions.content",
            "event_versions.written_by",
            "occurrences.event_id",
        ),
        what="dance events the person announced, with their texts, pictures, times and earlier versions; in which "
        "events of others they take part, as what, and which pictures of theirs those show",
        how_long="as long as the account; who takes part, until its organiser says otherwise",
        why="people find them",
        exported="events.json, event_texts.json, occurrences.json, event_versions.json, event_people.json and "
        "event_media.json",
        erased="another's who organised and edited it with them; else called off three hours before, so that whoever "
        "comes is told, and deleted; others' events stay without them, also as they were before",
        files=(
            ("events.json", rows_of(tables.EVENTS)),
            ("event_texts.json", rows_of(tables.EVENT_TEXTS)),
            ("occurrences.json", rows_of(tables.OCCURRENCES)),
            ("event_versions.json", rows_of(tables.EVENT_VERSIONS)),
            ("event_people.json", rows_of(tables.EVENT_PEOPLE)),
            ("event_media.json", rows_of(tables.EVENT_MEDIA)),
        ),
        erase=erase_events,
    ),
    Store(
        name="Words of events",
        system="PostgreSQL",
        holds=(
            "event_documents.event_id",
            "event_documents.words",
            "event_documents_due.event_id",
            "event_words.word",
            "hidden_events.event_id",
        ),
        what="the words of events' texts, and of the names of people in them, by which events are found",
        how_long="as long as the event; a word that no event has any more, up to six weeks",
        why="people find events by them, also with a letter wrong",
        exported="no: they are made of what events.json, event_texts.json and event_people.json say",
        erased="it follows the person's events; of others' events it is written anew without the person's name",
    ),
    Store(
        name="Registrations",
        system="PostgreSQL",
        holds=(
            "registration_settings.event_id",
            "registrations.answers",
            "registration_dancers.person_id",
            "registration_dancers.user_id",
            "rsvps.user_id",
        ),
        what="which events the person registered for or said to come to, in which role, with whom, and what they "
        "answered the organiser; what an organiser asks",
        how_long="as long as the account and the event",
        why="the organiser knows who comes, and places go round",
        exported="registrations.json, registration_dancers.json and rsvps.json",
        erased="places they hold go to the next; their registrations are deleted, a couple's stays as the partner's",
        files=(
            ("registrations.json", rows_of(tables.REGISTRATIONS)),
            ("registration_dancers.json", rows_of(tables.REGISTRATION_DANCERS)),
            ("rsvps.json", rows_of(tables.RSVPS)),
        ),
        erase=erase_registrations,
    ),
    Store(
        name="Broadcasts",
        system="PostgreSQL",
        holds=("broadcasts.actor_id", "broadcasts.after_id"),
        what="who changed an event, and up to whom of those who come people were told, while they are",
        how_long="7 days; the place in the list until all are told",
        why="everybody who comes is told once, and whoever changed it is not",
        exported="no: it is the event's, of which events.json tells",
        erased="it says no more who changed it; a place in a list is moved to before theirs",
        erase=erase_broadcasts,
    ),
    Store(
        name="Guests",
        system="PostgreSQL",
        holds=("guests.email", "guests.name", "guest_links.token_hash"),
        what="who registers without an account: name and e-mail address, for one event, what they registered and "
        "answered, and hashes of the links they were mailed",
        how_long="30 days after the event, and while it is postponed; 7 days where nobody followed the link",
        why="to tell them of their place",
        exported="no: they have no account; the page of the link shows it",
        erased="ends by time, or by themselves on the page of the link; they have no account",
    ),
    Store(
        name="Calendar feeds",
        system="PostgreSQL",
        holds=("calendar_feeds.user_id",),
        what="that the person's calendar has an address, since when, and a hash of it",
        how_long="until they take it back or make another, and as long as the account",
        why="calendars of other programs read there what the person comes to",
        exported="calendar_feeds.json, without the hash",
        erased="deleted; the address opens nothing any more",
        files=(("calendar_feeds.json", rows_of(tables.CALENDAR_FEEDS)),),
        erase=without_rows_of(tables.CALENDAR_FEEDS),
    ),
    Store(
        name="Venues",
        system="PostgreSQL",
        holds=("venues.created_by",),
        what="which places to dance at the person told of",
        how_long="as long as the account; the place stays",
        why="who told of a place may correct it",
        exported="venues.json",
        erased="kept for the others who dance there; who told of it goes with the profile",
        files=(("venues.json", rows_of(tables.VENUES)),),
    ),
)
