"""A picture is deleted where all stores are real: of it nothing is left but its id, in what deleted it."""

from mundotango.attachments.removal import delete_media
from mundotango.media.policy import variants_of
from mundotango.privacy.model import Person
from mundotango.privacy.stores.elsewhere import erase_media
from tests.factories.search import places
from tests.fakes.commands import FakeEdge
from tests.integration.privacy.conftest import Place

# The command, its way there, the tombstone; and what its owner said of it before the post was edited.
ITS_ID_MAY_STAY = {"test-commands", "outbox", "removed_media", "post_versions"}


def pictures(edge: FakeEdge) -> list[list[str]]:
    """Of each invalidation what is no tag of an answer."""
    return [[path for path in paths if not path.startswith("#")] for paths in edge.invalidations.values()]


def test_nothing_but_its_id_is_left_and_all_of_the_others(place: Place) -> None:
    ana, bruno = place.ana, place.bruno
    before = place.search()
    assert {"test-media", "test-uploads", "users", "post_media"} <= places(before, str(ana.media_id))

    with place.platform.unit_of_work() as work:
        delete_media(work, place.platform.media, ana.media_id, ana.id, place.clock)
    place.carry_out()

    after = place.search()
    assert places(after, str(ana.media_id)) <= ITS_ID_MAY_STAY
    assert places(after, str(bruno.media_id)) == places(before, str(bruno.media_id))
    edge = place.platform.edge
    assert isinstance(edge, FakeEdge)
    assert pictures(edge) == [[f"/{variants_of(ana.media_id)}*"]]


def test_whoever_leaves_has_the_edge_forget_their_pictures(place: Place) -> None:

    list(erase_media(place.platform, Person(place.ana.id, place.ana.handle)))
    place.carry_out()

    edge = place.platform.edge
    assert isinstance(edge, FakeEdge)
    # The one that was served; of the other, still pending, the edge has nothing.
    assert pictures(edge) == [[f"/{variants_of(place.ana.media_id)}*"]]
