#!/usr/bin/env python3
"""A log of IIS, which runs on Windows alone: `iis.py FOLDER`. The example of the W3C's specification and the default columns of IIS."""
import sys
from pathlib import Path

folder = Path(sys.argv[1])
(folder / "iis.log").write_text(
    """#Software: Microsoft Internet Information Services 10.0
#Version: 1.0
#Date: 2024-05-01 10:00:00
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken
2024-05-01 10:00:01 10.0.0.5 GET /cart id=7 443 - 192.0.2.9 Mozilla/5.0+(X11) - 200 0 0 15
2024-05-01 10:00:02 10.0.0.5 POST /pay - 443 EXAMPLE\\ann 192.0.2.9 curl/8.0 https://shop.example/ 503 2 64 30021
#Date: 2024-05-02 00:00:00
#Fields: time c-ip cs-method cs-uri-stem sc-status
00:34:23 192.0.2.9 GET /foo/bar.html 404
00:34:24 192.0.2.9 GET
""".replace("\n", "\r\n"),
    newline="",
)
