from functions.api.schemas.base import Answered, Asked, Id, Line, Lines, Moment


class NewUser(Asked):
    handle: Line
    display_name: Line
    city: Line
    bio: Lines = ""


class UserBody(Answered):
    id: Id
    handle: str
    display_name: str
    bio: str
    city: str
    created_at: Moment
