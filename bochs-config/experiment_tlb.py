"""The TLB that the runs `tlb` of an experiment go through, once without tags of address spaces and once with them.

Its shape is that of Westmere, the first processor with PCID: 64 entries for data and 512 in the second level, 4 ways each
(Intel 64 and IA-32 Architectures Optimization Reference Manual, the TLBs of Nehalem, which it has). 16 tags are more than these
workloads have address spaces in use at a time. Callers: compare_job beside this file.
"""
SHAPE = "entries=64,ways=4,entries2=512,ways2=4"
TAGS = 16


def arguments():
    """Of analysis/tlbsim; its list `tlbs` is then [without tags, with tags]."""
    return ["--tlb", f"name=untagged,{SHAPE}", "--tlb", f"name=tagged,{SHAPE},tags={TAGS}"]
