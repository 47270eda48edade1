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

exec >&2
echo "The book needs Python 3.11 or newer, and no such Python was found (tried $wanted, python3.11 to python3.14)."
echo "$wanted says: $("$wanted" --version 2>&1)"
echo "Install one from https://www.python.org/downloads/ or your system's packages, or name one that you have:"
echo "    make book PYTHON=/path/to/python3.11"
exit 1
