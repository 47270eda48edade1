"""Checks for the exercises, one module a chapter: `from attend.checks import similarity as checks`.

Each check takes the reader's function and returns a `CheckResult`: true if all is well, and printed as a
sentence that says what is right or where to look. The functions under test take the same arguments in the
same order as their namesakes in the package, and those serve as the reference.
"""
