"""Fixtures.  A machine is booted for each test, or for those of a module;
when it is over, every frame that its clients sent is judged."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import machine as machines  # noqa: E402


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the boot tests need root", 2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Shows console, journal and frames with a failure."""
    outcome = yield
    report = outcome.get_result()
    for machine in getattr(item, "machines", []):
        if report.failed and machine.folder.exists():
            report.sections += machine.report()


@pytest.fixture
def new_machine(request):
    """Makes machines: new_machine(flavour, interfaces=...), which are off."""
    request.node.machines = []

    def make(*arguments, **more):
        machine = machines.Machine(*arguments, **more)
        request.node.machines.append(machine)

        def judge_and_close():
            try:
                problems = machine.problems() if machine.is_judged else []
            finally:
                machine.close()
            if problems:
                pytest.fail("frames that break the profile:\n"
                            + "\n".join(problems), pytrace=False)

        request.addfinalizer(judge_and_close)
        return machine.build()

    return make
