"""Values that a person gives, and the refusals that say what is allowed. Callers: options.py and domains.py beside this
file."""


class OptionError(Exception):
    """An option has a value that is not allowed; the text is for the user."""


def check_choice(name, value, allowed):
    if value not in allowed:
        raise OptionError(f"{name}={value} is not known; allowed: {', '.join(allowed)}")
    return value


def check_number(name, value, smallest, largest, unit):
    try:
        number = int(value)
    except ValueError:
        number = None
    if number is None or not smallest <= number <= largest:
        raise OptionError(f"{name}={value} is not allowed: a whole number of {unit} from {smallest} to {largest}")
    return number
