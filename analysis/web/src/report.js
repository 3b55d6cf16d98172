// The HTML report: what analysis/report puts in front of the data.
import "./report.css";
import * as charts from "./charts.js";

charts.draw(document.body, {});
