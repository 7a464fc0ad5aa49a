"""The worker under valgrind, which can't follow an exec of /proc/self/exe:
hold.c plays the monitor and executes it with its descriptors."""

import pathlib
import subprocess

import lab as labs

BUILD = pathlib.Path(labs.PROGRAM).resolve().parent
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
            "--errors-for-leak-kinds=definite,possible"]
STOPPED = 64  # WORKER_EXIT_BASE + EXIT_STOPPED


def test_worker(lab, raw):
    hold = BUILD / "tests" / "net" / "hold"
    subprocess.run(["make", "-s", f"BUILD={BUILD}", str(hold)],
                   cwd=labs.TREE, check=True, stdout=subprocess.DEVNULL)
    lab.ip(lab.inside, "link set cli0 up")
    status, out, errors = lab.command(
        "cli0", "3", *VALGRIND, labs.PROGRAM, "--worker",
        program=str(hold), timeout=120)
    assert status == STOPPED, errors
    assert out.split() == ["BOUND", "RENEW", "RENEW", "RENEW"]
    assert "Invalid" not in errors and "uninitialised" not in errors

