# The runs of a comparison as Snakemake jobs: one rule, whose output says everything of one run. `compare` beside this file calls
# it, with the folder of the comparison as the working directory and the plan that it wrote there.
import json

with open("plan.json", encoding="utf-8") as file:
    RUNS = json.load(file)["runs"]

rule all:
    input: expand("runs/{name}/result.json", name=RUNS)

rule run:
    output: "runs/{name}/result.json"
    threads: 1
    resources: mem_mb=1024, runtime=15
    params: job=config["job"]
    shell: "{params.job:q} --plan plan.json --run {wildcards.name:q} --out {output:q}"
