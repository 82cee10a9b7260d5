"""The stores themselves: who waits for whom when several write."""

from threading import Event, Thread

from flask import Flask

from webapp.extensions import QUEUES, db
from webapp.services.infrastructure import stores


def test_each_store_of_one_file_has_a_queue_of_its_own_for_writers(inside: Flask) -> None:
    # Given the three stores of an application
    engines = list(db.engines.values())
    # Then each SQLite file has one queue, which it keeps; a PostgreSQL server has its own ways
    queues = [QUEUES[engine] for engine in engines if engine in QUEUES]
    assert len({id(queue) for queue in queues}) == len(queues)
    assert len(queues) == sum(engine.dialect.name == "sqlite" for engine in engines)


def test_a_writer_in_one_store_holds_up_no_writer_in_another(inside: Flask) -> None:
    # Given a thread that writes to one store
    written = Event()

    def write_elsewhere() -> None:
        with inside.app_context(), stores.writing("volatile"):
            written.set()

    with stores.writing("main"):
        # When another thread writes to another
        other = Thread(target=write_elsewhere)
        other.start()
        # Then that is done before the first has finished
        assert written.wait(5)
    other.join()
