"""How often one person may do what: the one table of it."""

import re

from mundotango.limits.model import Limit

# A page of the client asks for some ten things at once, and a person turns a page every few seconds.
READ = Limit("read", 600, 60)
# Faster than anybody likes and comments by hand.
WRITE = Limit("write", 120, 60)
# Each has the edge forget what it shows, at half a cent a tag; the timetable of a festival is fewer.
EDIT = Limit("edit", 120, 3600)
# Each is a picture of up to 25 MB to be stored and compressed: ten posts full of them an hour.
UPLOAD = Limit("upload", 100, 3600)
# A client that lost its socket comes back with growing pauses.
TICKET = Limit("ticket", 30, 60)
# Everything there is of a person, gathered and packed.
EXPORT = Limit("export", 5, 24 * 3600)
# A person looks at each; whoever sends more than these buries what others report.
REPORT = Limit("report", 30, 3600)
# More pages are not slow in an hour to somebody who stays.
FEEDBACK = Limit("feedback", 20, 3600)
# Each may reach somebody who has not asked for it.
CONVERSATION = Limit("conversation", 30, 3600)

# Without an account, for links by which guests register: each is a mail to whatever address was given.
# So many people may stand in one network, of a school or a festival.
GUESTS_OF_VIEWER = Limit("guests_of_viewer", 20, 3600)
# More than these register with an account, or in the next hour.
GUESTS_OF_ONE = Limit("guests_of_occurrence", 300, 3600)
# By one link: each registration and each end of one is kept, and holds up all others who register meanwhile.
GUEST_ACTS = Limit("guest_acts", 60, 3600)
# Whatever they are asked for by whomever, and for which event.
GUEST_MAIL = Limit("guest_mail", 10, 24 * 3600)

_POSTS = {
    "/api/conversations": CONVERSATION,
    "/api/feedback": FEEDBACK,
    "/api/media": UPLOAD,
    "/api/realtime/tickets": TICKET,
    "/api/reports": REPORT,
    "/api/users/me/export": EXPORT,
}
_MEMBERS = re.compile(r"/api/conversations/[^/]+/members")
_SHOWN = re.compile(r"/api/(events/[^/]+(/occurrences/[^/]+)?|posts/[^/]+|venues/[^/]+|users/me)")


def limit_of(method: str, path: str) -> Limit:
    if method in ("GET", "HEAD"):
        return READ
    if method in ("PATCH", "DELETE") and _SHOWN.fullmatch(path):
        return EDIT
    if method != "POST":
        return WRITE
    return CONVERSATION if _MEMBERS.fullmatch(path) else _POSTS.get(path, WRITE)
