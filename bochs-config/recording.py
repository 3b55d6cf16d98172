"""What of a run the instruction stream records: windows, and the flight recorder.

Rules: a value is checked here as the agent will check it (trace/agent/stream_window.c, stream_flight.c), so that a wrong
one is named before anything is written. Callers: options.py, runner.py.
"""
import dataclasses
import re

from values import OptionError, check_number

LARGEST_FLIGHT = 4000                     # million instructions
LARGEST_DOMAIN = 0x7ff0 - 1
WINDOW_WORDS = "from=N, until=N, ring=0..3, domain=N or idle, marker=N, with commas between them; several rings or domains" \
               " have + between them: ring=1+3,marker=2"
MOST_DOMAINS = 16
SEVERAL = {"ring", "domain"}
RECORDED = {"from": lambda n: True, "until": lambda n: True, "ring": lambda n: n <= 3, "domain": lambda n: n <= LARGEST_DOMAIN,
            "marker": lambda n: n < 1 << 32}


@dataclasses.dataclass
class Recording:
    """Texts as they were given, checked; empty: everything is recorded, or there is no flight recorder."""
    window: str = ""
    mem_window: str = ""
    flight: str = ""
    flight_event: str = ""

    def environment(self):
        """For the agent."""
        names = {"window": "PENUMBRA_WINDOW", "mem_window": "PENUMBRA_MEM_WINDOW", "flight": "PENUMBRA_FLIGHT",
                 "flight_event": "PENUMBRA_FLIGHT_EVENT"}
        return {name: getattr(self, field) for field, name in names.items() if getattr(self, field)}


def complaint(trace, recording, status):
    """What a person ought to know of a run whose agent wrote this status: nothing was recorded, or the event never came."""
    if trace not in ("insn", "mem") or not status:
        return ""
    if status.get("recorded") == 0:
        return f"no instruction was recorded: none lay in TRACE_WINDOW={recording.window}"
    if status.get("flight_event") is False:
        return f"FLIGHT_EVENT={recording.flight_event} never came: the trace has the last instructions of the run"
    return ""


def check_window(name, text):
    found = {}
    for word in text.split(","):
        key, _, value = word.partition("=")
        numbers = value.split("+")
        allowed = RECORDED.get(key)
        if not allowed or (len(numbers) > 1 and key not in SEVERAL) or not all(
                re.fullmatch(r"\d{1,18}", number) and allowed(int(number)) or (key, number) == ("domain", "idle")
                for number in numbers):
            raise OptionError(f"{name}={text}: {word or 'an empty word'} is not known; allowed: {WINDOW_WORDS}")
        if key in found:
            raise OptionError(f"{name}={text}: {key} is there twice")
        found[key] = numbers
    if len(found.get("domain", [])) > MOST_DOMAINS:
        raise OptionError(f"{name}={text}: at most {MOST_DOMAINS} domains")
    if "until" in found and int(found.get("from", ["0"])[0]) >= int(found["until"][0]):
        raise OptionError(f"{name}={text}: no instruction lies in it")


def check(trace, recording):
    """Refuse what cannot be, given the depth of the trace."""
    if recording.window:
        check_window("TRACE_WINDOW", recording.window)
    if recording.mem_window:
        check_window("MEM_WINDOW", recording.mem_window)
        if trace != "mem":
            raise OptionError("MEM_WINDOW= chooses data accesses: it needs TRACE=mem")
    if recording.flight:
        check_number("FLIGHT", recording.flight, 1, LARGEST_FLIGHT, "million instructions")
    if recording.flight_event:
        if not recording.flight:
            raise OptionError("FLIGHT_EVENT= ends a flight recorder: say with FLIGHT= how many million instructions it keeps")
        if not re.fullmatch(r"end|crash|violation|marker=\d{1,9}", recording.flight_event):
            raise OptionError(f"FLIGHT_EVENT={recording.flight_event} is not known; allowed: end, crash, violation, marker=N")
    if (recording.window or recording.flight) and trace not in ("insn", "mem"):
        raise OptionError("TRACE_WINDOW= and FLIGHT= choose instructions: they need TRACE=insn or TRACE=mem")
    return recording
