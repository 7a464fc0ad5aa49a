"""Fixtures.  Every test has a Lab of its own; when it is over, every frame
that its clients sent is judged."""

import os
import signal

import pytest

import lab as labs


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "slow: takes a minute or more; started first")
    # a shell ignores it for what it runs in the background, and so would
    # every client that is started here
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    if os.geteuid() != 0:
        pytest.exit("the network tests need root", 2)
    if not os.access(labs.PROGRAM, os.X_OK):
        pytest.exit(f"{labs.PROGRAM} is not there; run make", 2)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Shows logs and frames with a failure."""
    outcome = yield
    report = outcome.get_result()
    lab = getattr(item, "lab", None)
    if report.failed and lab and lab.folder.exists():
        report.sections += lab.report()


@pytest.fixture
def lab(request):
    built = labs.Lab()
    request.node.lab = built
    request.addfinalizer(built.close)
    built.build()

    def judge():
        problems = built.problems()
        if problems:
            pytest.fail("frames that break the profile:\n"
                        + "\n".join(problems), pytrace=False)
        complaints = built.complaints()
        if complaints:
            pytest.fail("the sandbox is in a worker's way:\n"
                        + "\n".join(complaints), pytrace=False)

    request.addfinalizer(judge)
    return built


@pytest.fixture
def raw(lab):
    """A scripted server on the wire (a good one unless told otherwise)."""
    server = labs.RawServer(lab)
    yield server
    assert server.errors == []
