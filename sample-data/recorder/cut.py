"""Cuts pieces out of a recording: the healthy stretch before the fault, and a small excerpt.

Lines are copied as they are: a line goes into the healthy piece when each of its events is
earlier than the fault. The excerpt is the first lines, as many as fit.
"""

import argparse
import json

from capture import events


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture")
    parser.add_argument("truth")
    parser.add_argument("--healthy", required=True)
    parser.add_argument("--mini", required=True)
    parser.add_argument("--mini-bytes", type=int, default=200_000)
    args = parser.parse_args()
    with open(args.truth, encoding="utf-8") as file:
        fault = int(json.load(file)["start_nanos"])
    room = args.mini_bytes
    with (open(args.capture, "rb") as capture, open(args.healthy, "wb") as healthy, open(args.mini, "wb") as mini):
        for line in capture:
            if max(event[2] for event in events(line)) < fault:
                healthy.write(line)
            if len(line) <= room:
                mini.write(line)
                room -= len(line)
            else:
                room = 0


if __name__ == "__main__":
    main()
