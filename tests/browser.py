"""A headless Chromium with one page, for tests of what the HTML report does in a reader's hands.

Rules: everything that the page logged as an error and every address that it asked for is kept. Callers: test_report.py.
"""
import base64
import contextlib
import json
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.by import By

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,1000"]
LONGEST_WAIT = 300     # seconds for what takes less than one on an idle machine


class Page:
    """A report that was opened."""

    def __init__(self, driver):
        self.driver = driver
        self.errors, self.requests = [], []

    def open(self, path, dark=False, tab=""):
        """Open a file and wait until it has drawn itself; the seconds of processor time that the page took."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get("about:blank")
        self.take_logs()
        self.errors, self.requests = [], []
        before = self.processor_seconds()
        self.driver.get(f"file://{path}#{tab}")
        self.wait("document.documentElement.dataset.ready")
        return self.processor_seconds() - before

    def processor_seconds(self):
        """Of the process that shows pages, all its threads: what else the machine does is no matter."""
        metrics = self.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "ProcessTime")

    def resize(self, width):
        """The window's width in pixels; None: as it began."""
        if width is None:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        else:
            size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, expression):
        """Until a JavaScript expression is true; its value."""
        end = time.monotonic() + LONGEST_WAIT
        while True:
            value = self.run(f"return {expression}")
            if value:
                return value
            assert time.monotonic() < end, f"{expression} did not become true"
            time.sleep(0.02)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def show(self, tab):
        self.one(f"#tab-{tab}").click()
        return self.one(f"#{tab}")

    def choose(self, selector, value):
        """Choose an option of a select."""
        self.run("const box = document.querySelector(arguments[0]); box.value = arguments[1];"
                 " box.dispatchEvent(new Event('change'))", selector, value)

    def wheel(self, element, by):
        """Turn the mouse's wheel over an element; less than 0: away from the reader."""
        origin = ScrollOrigin.from_element(element)
        ActionChains(self.driver).scroll_from_origin(origin, 0, by).perform()

    def print(self):
        """The page on paper: a PDF."""
        return base64.b64decode(self.driver.print_page())

    def take_logs(self):
        """Adds what was logged since to errors and requests."""
        self.errors += [entry["message"] for entry in self.driver.get_log("browser")
                        if entry["level"] in ("SEVERE", "WARNING")]
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                self.requests.append(event["params"]["request"]["url"])


@contextlib.contextmanager
def page():
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        driver.execute_cdp_cmd("Performance.enable", {})
        driver.set_script_timeout(LONGEST_WAIT)
        yield Page(driver)
    finally:
        driver.quit()
