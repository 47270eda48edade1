"""Bugs in the checks of the exercises."""

from scripts.bugs import Bug

CHECKS = "checks/judge.py"
TESTS = {CHECKS: "tests/unit/test_checks.py"}

BUGS = [
    # exercise checks
    Bug("one right number is enough", CHECKS, "if close.all():", "if close.any():"),
    Bug("only the first case counts", CHECKS, "for case in cases:", "for case in cases[:1]:"),
    Bug("changed input goes unseen", CHECKS, "deepcopy(case.arguments)", "case.arguments"),
    Bug("exit ends the notebook", CHECKS,
        "except (Exception, SystemExit) as error", "except Exception as error"),
    Bug("a failed check is true", CHECKS, "return self.passed", "return True"),
    Bug("hints are never given", CHECKS, "equal_nan=True", "equal_nan=False"),
]  # fmt: skip
