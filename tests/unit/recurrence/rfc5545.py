"""The examples of RFC 5545, section 3.8.5.3, in its order: each rule, and the dates that the section prints for it.

Where dots shorten a list there, what they stand for is written out here; where they end it, the rule `goes_on`.
"""

import calendar
from dataclasses import dataclass
from datetime import datetime

ZONE = "America/New_York"
MONTHS = tuple(calendar.month_name)


@dataclass(frozen=True)
class Example:
    """`printed` by the abbreviation of the zone that stands before it; `2-30/2` is every other of those days."""

    first: str
    rules: tuple[str, ...]
    printed: tuple[str, ...]
    times: tuple[str, ...] = ("09:00",)
    goes_on: bool = False
    excluded: tuple[str, ...] = ()

    def starts(self) -> list[tuple[datetime, str]]:
        return [
            (datetime.fromisoformat(f"{day}T{time}"), zone)
            for line in self.printed
            for day, zone in _days(line)
            for time in self.times
        ]


def _days(line: str) -> list[tuple[str, str]]:
    zone, year, rest = line.split(" ", 2)
    found = []
    for month_of in rest.split("; "):
        name, days = month_of.split(" ")
        for part in days.split(","):
            span, _, step = part.partition("/")
            begin, _, end = span.partition("-")
            for day in range(int(begin), int(end or begin) + 1, int(step or 1)):
                found.append((f"{year}-{MONTHS.index(name):02}-{day:02}", zone))  # noqa: PERF401
    return found


SEPTEMBER_2 = "1997-09-02T09:00"
# From 9:00 to 16:40, every 20 minutes.
WORKDAY = tuple(f"{hour:02}:{minute:02}" for hour in range(9, 17) for minute in (0, 20, 40))

EXAMPLES = {
    "daily for 10 occurrences": Example(SEPTEMBER_2, ("FREQ=DAILY;COUNT=10",), ("EDT 1997 September 2-11",)),
    "daily until December 24, 1997": Example(
        SEPTEMBER_2,
        ("FREQ=DAILY;UNTIL=19971224T000000Z",),
        ("EDT 1997 September 2-30; October 1-25", "EST 1997 October 26-31; November 1-30; December 1-23"),
    ),
    "every other day, forever": Example(
        SEPTEMBER_2,
        ("FREQ=DAILY;INTERVAL=2",),
        ("EDT 1997 September 2-30/2; October 2-24/2", "EST 1997 October 26,28,30; November 1-29/2; December 1,3"),
        goes_on=True,
    ),
    "every 10 days, 5 occurrences": Example(
        SEPTEMBER_2, ("FREQ=DAILY;INTERVAL=10;COUNT=5",), ("EDT 1997 September 2,12,22; October 2,12",)
    ),
    "every day in January, for 3 years": Example(
        "1998-01-01T09:00",
        (
            "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
            "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
        ),
        ("EST 1998 January 1-31", "EST 1999 January 1-31", "EST 2000 January 1-31"),
    ),
    "weekly for 10 occurrences": Example(
        SEPTEMBER_2,
        ("FREQ=WEEKLY;COUNT=10",),
        ("EDT 1997 September 2,9,16,23,30; October 7,14,21", "EST 1997 October 28; November 4"),
    ),
    "weekly until December 24, 1997": Example(
        SEPTEMBER_2,
        ("FREQ=WEEKLY;UNTIL=19971224T000000Z",),
        (
            "EDT 1997 September 2,9,16,23,30; October 7,14,21",
            "EST 1997 October 28; November 4,11,18,25; December 2,9,16,23",
        ),
    ),
    "every other week, forever": Example(
        SEPTEMBER_2,
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU",),
        (
            "EDT 1997 September 2,16,30; October 14",
            "EST 1997 October 28; November 11,25; December 9,23",
            "EST 1998 January 6,20; February 3,17",
        ),
        goes_on=True,
    ),
    "weekly on Tuesday and Thursday for five weeks": Example(
        SEPTEMBER_2,
        ("FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH"),
        ("EDT 1997 September 2,4,9,11,16,18,23,25,30; October 2",),
    ),
    "every other week on Monday, Wednesday and Friday until December 24, 1997": Example(
        "1997-09-01T09:00",
        ("FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",),
        (
            "EDT 1997 September 1,3,5,15,17,19,29; October 1,3,13,15,17",
            "EST 1997 October 27,29,31; November 10,12,14,24,26,28; December 8,10,12,22",
        ),
    ),
    "every other week on Tuesday and Thursday, for 8 occurrences": Example(
        SEPTEMBER_2,
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",),
        ("EDT 1997 September 2,4,16,18,30; October 2,14,16",),
    ),
    "monthly on the first Friday for 10 occurrences": Example(
        "1997-09-05T09:00",
        ("FREQ=MONTHLY;COUNT=10;BYDAY=1FR",),
        (
            "EDT 1997 September 5; October 3",
            "EST 1997 November 7; December 5",
            "EST 1998 January 2; February 6; March 6; April 3",
            "EDT 1998 May 1; June 5",
        ),
    ),
    "monthly on the first Friday until December 24, 1997": Example(
        "1997-09-05T09:00",
        ("FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",),
        ("EDT 1997 September 5; October 3", "EST 1997 November 7; December 5"),
    ),
    "every other month on the first and last Sunday for 10 occurrences": Example(
        "1997-09-07T09:00",
        ("FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",),
        (
            "EDT 1997 September 7,28",
            "EST 1997 November 2,30",
            "EST 1998 January 4,25; March 1,29",
            "EDT 1998 May 3,31",
        ),
    ),
    "monthly on the second-to-last Monday for 6 months": Example(
        "1997-09-22T09:00",
        ("FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",),
        ("EDT 1997 September 22; October 20", "EST 1997 November 17; December 22", "EST 1998 January 19; February 16"),
    ),
    "monthly on the third-to-the-last day, forever": Example(
        "1997-09-28T09:00",
        ("FREQ=MONTHLY;BYMONTHDAY=-3",),
        ("EDT 1997 September 28", "EST 1997 October 29; November 28; December 29", "EST 1998 January 29; February 26"),
        goes_on=True,
    ),
    "monthly on the 2nd and 15th for 10 occurrences": Example(
        SEPTEMBER_2,
        ("FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",),
        ("EDT 1997 September 2,15; October 2,15", "EST 1997 November 2,15; December 2,15", "EST 1998 January 2,15"),
    ),
    "monthly on the first and last day for 10 occurrences": Example(
        "1997-09-30T09:00",
        ("FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",),
        (
            "EDT 1997 September 30; October 1",
            "EST 1997 October 31; November 1,30; December 1,31",
            "EST 1998 January 1,31; February 1",
        ),
    ),
    "every 18 months on the 10th thru 15th for 10 occurrences": Example(
        "1997-09-10T09:00",
        ("FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",),
        ("EDT 1997 September 10-15", "EST 1999 March 10-13"),
    ),
    "every Tuesday, every other month": Example(
        SEPTEMBER_2,
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",),
        (
            "EDT 1997 September 2,9,16,23,30",
            "EST 1997 November 4,11,18,25",
            "EST 1998 January 6,13,20,27; March 3,10,17,24,31",
        ),
        goes_on=True,
    ),
    "yearly in June and July for 10 occurrences": Example(
        "1997-06-10T09:00",
        ("FREQ=YEARLY;COUNT=10;BYMONTH=6,7",),
        tuple(f"EDT {year} June 10; July 10" for year in range(1997, 2002)),
    ),
    "every other year on January, February and March for 10 occurrences": Example(
        "1997-03-10T09:00",
        ("FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",),
        ("EST 1997 March 10", *(f"EST {year} January 10; February 10; March 10" for year in (1999, 2001, 2003))),
    ),
    "every third year on the 1st, 100th and 200th day for 10 occurrences": Example(
        "1997-01-01T09:00",
        ("FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",),
        (
            "EST 1997 January 1",
            "EDT 1997 April 10; July 19",
            "EST 2000 January 1",
            "EDT 2000 April 9; July 18",
            "EST 2003 January 1",
            "EDT 2003 April 10; July 19",
            "EST 2006 January 1",
        ),
    ),
    "every 20th Monday of the year, forever": Example(
        "1997-05-19T09:00",
        ("FREQ=YEARLY;BYDAY=20MO",),
        ("EDT 1997 May 19", "EDT 1998 May 18", "EDT 1999 May 17"),
        goes_on=True,
    ),
    "Monday of week number 20, forever": Example(
        "1997-05-12T09:00",
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",),
        ("EDT 1997 May 12", "EDT 1998 May 11", "EDT 1999 May 17"),
        goes_on=True,
    ),
    "every Thursday in March, forever": Example(
        "1997-03-13T09:00",
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH",),
        ("EST 1997 March 13,20,27", "EST 1998 March 5,12,19,26", "EST 1999 March 4,11,18,25"),
        goes_on=True,
    ),
    "every Thursday, but only during June, July and August, forever": Example(
        "1997-06-05T09:00",
        ("FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",),
        (
            "EDT 1997 June 5,12,19,26; July 3,10,17,24,31; August 7,14,21,28",
            "EDT 1998 June 4,11,18,25; July 2,9,16,23,30; August 6,13,20,27",
            "EDT 1999 June 3,10,17,24; July 1,8,15,22,29; August 5,12,19,26",
        ),
        goes_on=True,
    ),
    "every Friday the 13th, forever": Example(
        SEPTEMBER_2,
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",),
        ("EST 1998 February 13; March 13; November 13", "EDT 1999 August 13", "EDT 2000 October 13"),
        goes_on=True,
        excluded=(SEPTEMBER_2,),
    ),
    "the first Saturday that follows the first Sunday of the month, forever": Example(
        "1997-09-13T09:00",
        ("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",),
        (
            "EDT 1997 September 13; October 11",
            "EST 1997 November 8; December 13",
            "EST 1998 January 10; February 7; March 7",
            "EDT 1998 April 11; May 9; June 13",
        ),
        goes_on=True,
    ),
    "every 4 years, the first Tuesday after a Monday in November, forever": Example(
        "1996-11-05T09:00",
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",),
        ("EST 1996 November 5", "EST 2000 November 7", "EST 2004 November 2"),
        goes_on=True,
    ),
    "the third of Tuesday, Wednesday or Thursday in the month, for 3 months": Example(
        "1997-09-04T09:00",
        ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",),
        ("EDT 1997 September 4; October 7", "EST 1997 November 6"),
    ),
    "the second-to-last weekday of the month": Example(
        "1997-09-29T09:00",
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",),
        (
            "EDT 1997 September 29",
            "EST 1997 October 30; November 27; December 30",
            "EST 1998 January 29; February 26; March 30",
        ),
        goes_on=True,
    ),
    # The section has 17:00 UTC, which is 13:00 there: erratum 3883.
    "every 3 hours from 9:00 to 17:00 on a specific day": Example(
        SEPTEMBER_2,
        ("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z",),
        ("EDT 1997 September 2",),
        times=("09:00", "12:00", "15:00"),
    ),
    "every 15 minutes for 6 occurrences": Example(
        SEPTEMBER_2,
        ("FREQ=MINUTELY;INTERVAL=15;COUNT=6",),
        ("EDT 1997 September 2",),
        times=("09:00", "09:15", "09:30", "09:45", "10:00", "10:15"),
    ),
    "every hour and a half for 4 occurrences": Example(
        SEPTEMBER_2,
        ("FREQ=MINUTELY;INTERVAL=90;COUNT=4",),
        ("EDT 1997 September 2",),
        times=("09:00", "10:30", "12:00", "13:30"),
    ),
    "every 20 minutes from 9:00 to 16:40 every day": Example(
        SEPTEMBER_2,
        (
            "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40",
            "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16",
        ),
        ("EDT 1997 September 2,3",),
        times=WORKDAY,
        goes_on=True,
    ),
    "weeks that begin on Monday": Example(
        "1997-08-05T09:00",
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",),
        ("EDT 1997 August 5,10,19,24",),
    ),
    "weeks that begin on Sunday": Example(
        "1997-08-05T09:00",
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",),
        ("EDT 1997 August 5,17,19,31",),
    ),
    "an invalid date, February 30, is ignored": Example(
        "2007-01-15T09:00",
        ("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",),
        ("EST 2007 January 15,30; February 15", "EDT 2007 March 15,30"),
    ),
}
