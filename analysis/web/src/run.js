// The pages of a run's report.
import { flushes } from "./run_flushes.js";
import { made } from "./run_made.js";
import { memory } from "./run_memory.js";
import { overview } from "./run_overview.js";
import { profile } from "./run_profile.js";
import { timeline } from "./timeline.js";

export function pages(data) {
    return [
        { id: "overview", title: "Overview", content: overview(data) },
        { id: "flushes", title: "TLB flushes", content: flushes(data) },
        { id: "timeline", title: "Timeline", content: timeline(data) },
        { id: "profile", title: "Instructions", content: profile(data) },
        { id: "memory", title: "Memory", content: memory(data) },
        { id: "made", title: "How it was made", content: made(data) }
    ];
}
