#!/bin/sh
# Usage: python.sh PYTHON SCRIPT [ARGUMENT ...]
# Runs the script with PYTHON if that is Python 3.11 or newer, else with the first one found that is.

wanted=$1
shift
for python in "$wanted" python3.13 python3.12 python3.11 python3.14 python3 python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        [ "$python" = "$wanted" ] || echo "$wanted is missing or older than Python 3.11; using $python"
        exec "$python" "$@"
    fi
done

cat >&2 <<MESSAGE
The book needs Python 3.11 or newer, and no such Python was found (tried $wanted and python3.11 to python3.14).
$wanted says: $("$wanted" --version 2>&1)
Install one from https://www.python.org/downloads/ or your system's packages, or name it:
    make book PYTHON=/path/to/python3.11
MESSAGE
exit 1
