"""SIGTERM while writing: the process ends at a safe point, and the next run does the rest."""

from tests.sync import kill

EVERY = 718
"""Records of the three systems that get scores."""
SCHEDULE = '\n[schedule.nightly]\nevery = "1d"\n'
SERVE = ("schedule", "--log-json")


def end_while_writing(made: kill.Rig, how: kill.How) -> int | None:
    """Tell a process to end once it has begun to write; return its exit code."""
    text = made.config.file.read_text(encoding="utf-8")
    slow = text.replace('kind = "hubspot"\n', 'kind = "hubspot"\nworkers = 1\n')
    made.config.file.write_text(slow + SCHEDULE, encoding="utf-8")
    for injector in made.simulator.faults.values():
        injector.latency = 0.3
    process = made.start(how)
    while not made.sent:
        process.join(0.02)
        assert process.exitcode is None, made.told()
    process.terminate()
    process.join(30)
    for injector in made.simulator.faults.values():
        injector.latency = 0.0
    code: int | None = process.exitcode
    return code


def test_a_sync_ends_between_two_batches(tmp_path) -> None:
    with kill.rig(tmp_path / "home", deep=False) as made:
        assert end_while_writing(made, kill.How(made.folder / "trace")) == 1
        assert 0 < len(made.sent) < EVERY
        assert "told to end" in made.told()
        assert made.in_flight() == set()
        assert made.sync() == 0
        assert len(made.held()) == EVERY
        assert max(made.sent.values()) == 1


def test_a_scheduled_run_that_is_overdue_ends_and_is_done_again(tmp_path) -> None:
    with kill.rig(tmp_path / "home", deep=False) as made:
        how = kill.How(made.folder / "trace", command=SERVE, grace=0)
        assert end_while_writing(made, how) == 0
        assert 0 < len(made.sent) < EVERY
        once = kill.How(made.folder / "trace", command=("schedule", "--once", "nightly"))
        process = made.start(once)
        process.join()
        assert (process.exitcode, len(made.held())) == (0, EVERY)
        assert max(made.sent.values()) == 1


def test_a_scheduled_run_may_finish_within_its_grace(tmp_path) -> None:
    with kill.rig(tmp_path / "home", deep=False) as made:
        assert end_while_writing(made, kill.How(made.folder / "trace", command=SERVE)) == 0
        assert len(made.held()) == EVERY
        assert max(made.sent.values()) == 1
